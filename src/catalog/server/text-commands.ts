/** One code block of a step's text that a learner runs or does by hand. */
export type TextCommand =
  | { readonly kind: 'run'; readonly command: string; readonly mustFail: boolean }
  /** `nano FILE`: what the learner writes is the paragraph of the solution that begins with the same words as a comment. */
  | { readonly kind: 'edit'; readonly command: string; readonly byHand: string };

const block = /^```sh ([^\n]*)\n([\s\S]*?)^```$/gm;

/** The commands of a step's text in order. Throws when the solution lacks the paragraph for an edit. */
export function textCommands(text: string, solution: string): TextCommand[] {
  return [...text.matchAll(block)].flatMap(([, meta = '', command = '']): TextCommand[] => {
    const marks = meta.split(/\s+/);
    if (marks.includes('run')) return [{ kind: 'run', command, mustFail: marks.includes('expect-error') }];
    if (!command.startsWith('nano ')) return [];
    return [{ kind: 'edit', command: command.trim(), byHand: paragraphOf(solution, command.trim()) }];
  });
}

function paragraphOf(solution: string, command: string): string {
  const [first, ...more] = solution.split(/\n\n+/).filter((paragraph) => paragraph.startsWith(`# ${command}\n`));
  if (first === undefined || more.length > 0)
    throw new Error(`The text says "${command}"; solution.sh must have one paragraph that begins with "# ${command}".`);
  return first;
}
