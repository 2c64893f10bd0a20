/** What one check says. A passed one may tell what it saw; a failed one always tells what it looked for and what is there. */
export type Finding =
  { readonly passed: true; readonly found?: string } | { readonly passed: false; readonly expected: string; readonly found: string };

/** The condition holds. */
export function passed(found?: string): Finding {
  return found === undefined ? { passed: true } : { passed: true, found };
}

/** The condition does not hold. */
export function failed(expected: string, found: string): Finding {
  return { passed: false, expected, found };
}
