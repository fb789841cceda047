// What makes the pages handier. Each of them does without it.

/** @param {string} id */
function byId(id) {
  return document.getElementById(id);
}

// A token is shown once: loading that page again would post its form again, and make another one.
const { reload } = document.body.dataset;
if (reload !== undefined) history.replaceState(null, '', reload);

for (const button of document.querySelectorAll('button[data-copy]')) {
  const source = byId(button.dataset.copy);
  const said = byId(button.dataset.said);
  button.hidden = false;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(source.value);
      said.textContent = 'Copied';
    } catch {
      source.focus();
      source.select();
      said.textContent = 'It is selected: copy it from there';
    }
  };
  button.addEventListener('click', () => void copy());
}

const ends = document.querySelector('fieldset.ends');
if (ends !== null) {
  const { form } = ends;
  const date = form.elements.namedItem('date');
  const hint = ends.querySelector('output');
  const WORDS = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short' });

  const chosenEnd = () => {
    const days = form.elements.namedItem('ends').value;
    return days === 'date' ? Date.parse(`${date.value}T23:59:59Z`) : Date.now() + Number(days) * 86_400_000;
  };

  const tooLong = (end) => {
    const seconds = (end - Date.now()) / 1000;
    return [...form.querySelectorAll('input[data-max-seconds]:checked')]
      .filter((box) => Number(box.dataset.maxSeconds) < Math.floor(seconds))
      .map((box) => box.value);
  };

  const tell = () => {
    const end = chosenEnd();
    const over = tooLong(end);
    hint.hidden = Number.isNaN(end);
    if (hint.hidden) return;
    const when = `Ends ${WORDS.format(end)}, your time.`;
    hint.textContent = over.length === 0 ? when : `${when} That is too long for ${over.join(', ')}.`;
  };

  date.addEventListener('input', () => {
    if (date.value !== '') form.elements.namedItem('ends').value = 'date';
    tell();
  });
  form.addEventListener('change', ({ target }) => {
    if (target.name === 'ends' && target.value !== 'date') date.value = '';
    tell();
  });
  tell();
}
