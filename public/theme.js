// Runs before the first paint, so that a chosen theme never flashes in the other one.
(() => {
  const root = document.documentElement;
  root.classList.add('with-script');
  const apply = () => {
    let wish = null;
    try {
      wish = localStorage.getItem('proofground.theme');
    } catch {
      // Storage is switched off: the system's wish decides.
    }
    if (wish === 'light' || wish === 'dark') root.dataset.theme = wish;
    else delete root.dataset.theme;
  };
  apply();
  addEventListener('storage', apply);
})();
