/** What the words after the language of a fenced code block ask for: ` ```sh run expect="Verified OK" `. */
export interface CodeBlockMarks {
  /** The block has a button that types it into the terminal and runs it. */
  readonly run: boolean;
  /** The command is meant to fail; the page says so. */
  readonly expectError: boolean;
  /** The file that the block shows, for its caption. */
  readonly file?: string;
}

/** Where a variable such as `{{session.email}}` stands in a text. */
export interface VariableSpan {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

const variablePattern = /\{\{\s*([a-z][a-zA-Z0-9_.-]*)\s*\}\}/g;

/** Reads the words after the language of a fenced code block. Unknown words are left alone. */
export function readCodeBlockMarks(meta: string): CodeBlockMarks {
  const words: readonly string[] = meta.match(/[a-z-]+="[^"]*"|\S+/g) ?? [];
  const file = words.find((word) => /^(file|open)="/.test(word))?.replace(/^[a-z]+="|"$/g, '');
  return {
    run: words.includes('run'),
    expectError: words.includes('expect-error'),
    ...(file === undefined ? {} : { file }),
  };
}

/** Every variable in `text`, in order. */
export function findVariables(text: string): VariableSpan[] {
  return [...text.matchAll(variablePattern)].map((match) => ({
    name: match[1] ?? '',
    start: match.index,
    end: match.index + match[0].length,
  }));
}

interface Decoration {
  start: number;
  end: number;
  alwaysWrap: boolean;
  properties: Record<string, string>;
}

interface HighlightOptions {
  decorations?: unknown[];
  meta?: { __raw?: string };
}

interface MarkedElement {
  properties: Record<string, unknown>;
}

/** The names of options, such as `--dry-run`: a line that wraps must not part them at a hyphen. */
function findOptions(code: string): Decoration[] {
  return [...code.matchAll(/(?<=\s)--[a-z]+(?:-[a-z]+)*/g)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    alwaysWrap: true,
    properties: { class: 'option' },
  }));
}

/**
 * A step of the Shiki highlighter that carries the marks of a code block into the page:
 * `data-run`, `data-expect-error` and `data-file` on the `pre`, one `span[data-variable]` around each variable,
 * and one `span.option` around the name of each option.
 */
export function markCodeBlocks(): {
  name: string;
  preprocess(code: string, options: HighlightOptions): void;
  pre(this: { options: HighlightOptions }, element: MarkedElement): void;
} {
  return {
    name: 'code-block-marks',
    preprocess(code, options): void {
      const variables = findVariables(code).map(({ name, start, end }): Decoration => ({
        start,
        end,
        alwaysWrap: true,
        properties: { class: 'variable', 'data-variable': name },
      }));
      options.decorations = [...(options.decorations ?? []), ...variables, ...findOptions(code)];
    },
    pre(element): void {
      const marks = readCodeBlockMarks(this.options.meta?.__raw ?? '');
      element.properties['tabindex'] = '0';
      if (marks.run) element.properties['data-run'] = '';
      if (marks.expectError) element.properties['data-expect-error'] = '';
      if (marks.file !== undefined) element.properties['data-file'] = marks.file;
    },
  };
}
