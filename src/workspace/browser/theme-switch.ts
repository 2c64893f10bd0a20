const storageKey = 'proofground.theme';

/** Light or dark as the page shows now: the learner's choice, or else the system's. */
function currentTheme(root: HTMLElement): 'light' | 'dark' {
  const chosen = root.dataset['theme'];
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** Calls back at once after each change of the theme, by the switch, by another tab or by the system. */
export function onThemeChange(root: HTMLElement, changed: () => void): void {
  new MutationObserver(changed).observe(root, { attributes: true, attributeFilter: ['data-theme'] });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
}

/** Makes the switch in the header work and name what it switches to. */
export function mountThemeSwitch(page: Document): void {
  const root = page.documentElement;
  const button = page.querySelector<HTMLButtonElement>('#theme-switch');
  if (button === null) return;
  const show = (): void => {
    const theme = currentTheme(root);
    for (const icon of button.querySelectorAll<HTMLElement>('.theme-icon')) icon.hidden = icon.dataset['for'] !== theme;
    const name = button.querySelector('.theme-name');
    if (name !== null) name.textContent = theme === 'light' ? 'Dark' : 'Light';
    button.setAttribute('aria-label', theme === 'light' ? 'Switch to the dark theme' : 'Switch to the light theme');
  };
  button.addEventListener('click', () => {
    const theme = currentTheme(root) === 'light' ? 'dark' : 'light';
    root.dataset['theme'] = theme;
    try {
      localStorage.setItem(storageKey, theme);
    } catch {
      // Storage is switched off: the choice holds for this page.
    }
  });
  onThemeChange(root, show);
  show();
}
