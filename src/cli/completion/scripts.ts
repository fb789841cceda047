import type { CompletionTree } from './tree.ts';
import { optionsWith } from './tree.ts';

/** The shells that a script can be made for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** Makes the script that completes the command line in a shell. It starts no program while a user types. */
export function completionScript(shell: Shell, tree: CompletionTree): string {
  return SCRIPTS[shell](tree);
}

const SCRIPTS: Readonly<Record<Shell, (tree: CompletionTree) => string>> = { bash, zsh, fish };

/** What both bash and zsh choose from: the words after a command, and the options after an action. */
function cases(tree: CompletionTree): string {
  const { commands, actions } = tree;
  const groups = commands.filter(({ words }) => words.length > 0);
  const words = groups.map(
    ({ name, words: own }) => `    '${name}') words='${own.map((one) => one.name).join(' ')}' ;;\n`,
  );
  const options = actions.map(({ path, options: own, takesFile }) => {
    const names = own.map(({ name }) => name).join(' ');
    return `    '${path}') options='${names}'; files=${takesFile ? 1 : 0} ;;\n`;
  });
  return `  case "$first" in
${words.join('')}  esac
  case "$path" in
${options.join('')}  esac
`;
}

function bash(tree: CompletionTree): string {
  const { commands } = tree;
  return `# bash completion for sallyport: source <(sallyport completion bash)
_sallyport() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  local first="\${COMP_WORDS[1]:-}" path words='' options='' files=0
  case "$before" in
    ${optionsWith(tree, 'file').join('|')}) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    ${optionsWith(tree, 'other').join('|')}) COMPREPLY=(); return ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W '${commands.map(({ name }) => name).join(' ')} --help --version' -- "$current")
    return
  fi
  path="$first"
  case " ${commands
    .filter(({ words }) => words.length > 0)
    .map(({ name }) => name)
    .join(' ')} " in *" $first "*) path="$first \${COMP_WORDS[2]:-}" ;; esac
${cases(tree)}  if [ -n "$words" ] && [ "$COMP_CWORD" -eq 2 ]; then
    mapfile -t COMPREPLY < <(compgen -W "$words --help" -- "$current")
  elif [ "$files" -eq 1 ] && [ "\${current:0:1}" != - ]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
  fi
}
complete -F _sallyport sallyport
`;
}

function zsh(tree: CompletionTree): string {
  const { commands } = tree;
  const described = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}\n`).join('');
  const groups = commands.filter(({ words }) => words.length > 0).map(({ name }) => name);
  return `#compdef sallyport
# zsh completion for sallyport: source <(sallyport completion zsh), or put it as _sallyport on the fpath
_sallyport() {
  local before="\${words[CURRENT-1]}" first="\${words[2]}" path files=0
  local options='' choices=''
  local -a commands=(
${described}  )
  case "$before" in
    ${optionsWith(tree, 'file').join('|')}) _files; return ;;
    ${optionsWith(tree, 'other').join('|')}) return ;;
  esac
  if (( CURRENT == 2 )); then
    _describe command commands
    compadd -- --help --version
    return
  fi
  path="$first"
  [[ " ${groups.join(' ')} " == *" $first "* ]] && path="$first \${words[3]}"
${cases(tree).replaceAll("words='", "choices='")}  if [[ -n "$choices" ]] && (( CURRENT == 3 )); then
    compadd -- \${=choices} --help
  elif (( files )) && [[ "\${words[CURRENT]}" != -* ]]; then
    _files
  else
    compadd -- \${=options}
  fi
}
if [[ "\${funcstack[1]}" = _sallyport ]]; then _sallyport "$@"; else compdef _sallyport sallyport; fi
`
    .replace('first="${words[2]}" path files=0', 'first="${words[2]}" files=0')
    .replaceAll('"$path"', '"$command_path"')
    .replaceAll('path="$first', 'command_path="$first')
    .replace("local options=''", "local command_path='' options=''");
}

function fish({ commands, actions }: CompletionTree): string {
  const lines = [
    '# fish completion for sallyport: sallyport completion fish > ~/.config/fish/completions/sallyport.fish',
    'complete -c sallyport -f',
    'complete -c sallyport -n __fish_use_subcommand -l help -d "print the help"',
    'complete -c sallyport -n __fish_use_subcommand -l version -d "print the version"',
  ];
  for (const { name, summary, words } of commands) {
    lines.push(`complete -c sallyport -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`);
    const none = words.map((word) => word.name).join(' ');
    for (const word of words) {
      const condition = `__fish_seen_subcommand_from ${name}; and not __fish_seen_subcommand_from ${none}`;
      lines.push(`complete -c sallyport -n '${condition}' -a ${word.name} -d ${quoted(word.summary)}`);
    }
  }
  for (const { path, options, takesFile } of actions) {
    const condition = path
      .split(' ')
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join('; and ');
    if (takesFile) lines.push(`complete -c sallyport -n '${condition}' -F`);
    for (const { name, help, value } of options) {
      const takes = value === 'none' ? '' : value === 'file' ? ' -r -F' : ' -x';
      lines.push(`complete -c sallyport -n '${condition}' -l ${name.slice(2)}${takes} -d ${quoted(help)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** In single quotes for zsh and fish. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
