import { posix } from 'node:path';
import { parse } from 'yaml';
import { failed, passed, type Finding } from '../../check.ts';
import type { Check, CheckContext } from '../check-context.ts';

/** Where a lab's files are in the toolbox. */
const labFolder = '/home/learner/lab';
/** Answers and small configuration; more is no answer. */
const maxFileBytes = 256 * 1024;

/** What an answer must be: text with variables, or something that is looked up when the check runs. */
export type ExpectedAnswer = string | ((context: CheckContext) => Promise<string | undefined>);

/** An answer in a file of answers. */
export interface Answer {
  /** Key in the file. */
  readonly key: string;
  readonly is: ExpectedAnswer;
  /** What is asked for, in words that do not give it away. */
  readonly described: string;
}

/** The YAML file of answers holds the right answer under the key. */
export function answers(path: string, { key, is, described }: Answer): Check {
  return async (context) => {
    const read = await readText(context, path);
    if (typeof read !== 'string') return read;
    const given = valueOf(read, key);
    if (given === undefined) return failed(described, `no answer under "${key}" in ${path}`);
    const right = typeof is === 'string' ? context.resolve(is) : await is(context);
    // Nothing to compare with yet: an earlier step was undone.
    if (right === undefined) return failed(described, 'your signature is not there any more');
    return normalise(given) === normalise(right) ? passed(given) : failed(described, given.slice(0, 200));
  };
}

/** The file exists and its text matches. */
export function matches(path: string, { pattern, described }: { pattern: RegExp; described: string }): Check {
  return async (context) => {
    const read = await readText(context, path);
    if (typeof read !== 'string') return read;
    return pattern.test(read) ? passed() : failed(described, `${path} without it`);
  };
}

/** The file is JSON and the value below the path of keys is the expected one. */
export function json(path: string, { field, equals }: { field: readonly string[]; equals: string }): Check {
  return async (context) => {
    const read = await readText(context, path);
    if (typeof read !== 'string') return read;
    const expected = `${field.join('.')}: ${context.resolve(equals)}`;
    let value: unknown;
    try {
      value = field.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], JSON.parse(read));
    } catch {
      return failed(expected, `${path} that is not JSON`);
    }
    return value !== undefined && scalarText(value) === context.resolve(equals)
      ? passed()
      : failed(expected, JSON.stringify(value)?.slice(0, 100) ?? 'nothing there');
  };
}

async function readText(context: CheckContext, path: string): Promise<string | Finding> {
  const read = await context.sandbox.readFile(posix.resolve(labFolder, path), maxFileBytes);
  const expected = `the file ${path} in ${labFolder}`;
  switch (read.kind) {
    case 'file':
      return read.contents.toString('utf8');
    case 'missing':
      return failed(expected, 'no such file');
    case 'not-a-file':
      return failed(expected, 'something that is not a regular file');
    case 'too-large':
      return failed(expected, `a file of ${read.bytes} bytes, larger than ${maxFileBytes / 1024} KiB`);
  }
}

function valueOf(text: string, key: string): string | undefined {
  try {
    // Without aliases: a few lines of them can unfold to gigabytes.
    const document: unknown = parse(text, { maxAliasCount: 0, intAsBigInt: true });
    if (typeof document !== 'object' || document === null || Array.isArray(document)) return undefined;
    const value = scalarText((document as Record<string, unknown>)[key]);
    return value === '' ? undefined : value;
  } catch {
    return undefined;
  }
}

function scalarText(value: unknown): string | undefined {
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value) ? String(value).trim() : undefined;
}

function normalise(answer: string): string {
  return answer.trim().toLowerCase().replace(/\/$/, '');
}
