// Conveniences for the pages, all of which also work without script.

/** @param {string} id */
function byId(id) {
  return document.getElementById(id);
}

// A reload of the page that shows a token would send its form again.
const { reload } = document.body.dataset;
if (reload !== undefined) history.replaceState(null, '', reload);

for (const button of document.querySelectorAll('button[data-copy]')) {
  const source = byId(button.dataset.copy);
  const status = byId(button.dataset.status);
  button.hidden = false;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(source.value);
      status.textContent = 'Copied';
    } catch {
      source.focus();
      source.select();
      status.textContent = 'The token is selected. Copy it with the keyboard.';
    }
  };
  button.addEventListener('click', () => void copy());
}

const ends = document.querySelector('fieldset.ends');
if (ends !== null) {
  const { form } = ends;
  const date = form.elements.namedItem('date');
  const hint = ends.querySelector('output');
  const FORMAT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'short' });

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

  const showEnd = () => {
    const end = chosenEnd();
    const over = tooLong(end);
    hint.hidden = Number.isNaN(end);
    if (hint.hidden) return;
    const when = `Expires ${FORMAT.format(end)}, your time.`;
    hint.textContent = over.length === 0 ? when : `${when} That is too long for ${over.join(', ')}.`;
  };

  date.addEventListener('input', () => {
    if (date.value !== '') form.elements.namedItem('ends').value = 'date';
    showEnd();
  });
  form.addEventListener('change', ({ target }) => {
    if (target.name === 'ends' && target.value !== 'date') date.value = '';
    showEnd();
  });
  showEnd();
}
