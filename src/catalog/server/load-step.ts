import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import type { ConditionSpec } from '../../grading/server/check-context.ts';
import type { Need } from '../../sandboxes/sandbox-spec.ts';
import { stepTextSchema, type Step } from '../lab.ts';
import { textCommands, type TextCommand } from './text-commands.ts';

/** A file that comes with a step; `path` is relative to the learner's lab folder. */
interface StepFile {
  readonly path: string;
  readonly contents: Buffer;
  readonly mode: number;
}

/** A plausible wrong answer, and the condition that must notice it. */
interface NearMiss {
  readonly name: string;
  readonly script: string;
  /** Condition that must fail. */
  readonly fails: string;
  /** Who approves its signatures in place of the learner. */
  readonly approver: string | undefined;
}

/** A step with everything of its folder. Only `id` and `title` may reach a learner's page. */
export interface LoadedStep {
  readonly id: string;
  readonly title: string;
  /** What the sandbox must hold for this step and all before it. */
  readonly needs: readonly Need[];
  readonly checks: readonly ConditionSpec[];
  readonly files: readonly StepFile[];
  readonly solution: string;
  /** What a learner runs who follows the text. */
  readonly commands: readonly TextCommand[];
  readonly nearMisses: readonly NearMiss[];
}

const maxFileBytes = 1024 * 1024;

/** Reads a step's folder. Throws an Error whose message names the file. */
export async function loadStep(folder: string, step: Step, needs: readonly Need[]): Promise<LoadedStep> {
  const text = await readText(join(folder, 'step.mdx'));
  const title = titleOf(text, folder);
  if (title !== step.title) throw new Error(`${folder}/step.mdx is titled "${title}", lab.ts says "${step.title}".`);
  const checks = await importChecks(join(folder, 'checks.ts'));
  const nearMisses = await loadNearMisses(folder);
  const stray = nearMisses.find(({ fails }) => !checks.some(({ id }) => id === fails));
  if (stray !== undefined) throw new Error(`${folder}/${stray.name} names the condition "${stray.fails}", which checks.ts does not have.`);
  const solution = await readText(join(folder, 'solution.sh'));
  const files = await loadFiles(join(folder, 'files'));
  return { id: step.id, title, needs, checks, files, solution, commands: textCommands(text, solution), nearMisses };
}

function titleOf(text: string, folder: string): string {
  const [, frontMatter] = /^---\n([\s\S]*?)\n---\n/.exec(text) ?? [];
  const parsed = stepTextSchema.safeParse(parse(frontMatter ?? ''));
  if (!parsed.success) throw new Error(`${folder}/step.mdx must begin with front matter that holds a title.`);
  return parsed.data.title;
}

async function importChecks(path: string): Promise<readonly ConditionSpec[]> {
  await readText(path);
  const loaded = (await import(pathToFileURL(path).href)) as { checks?: unknown };
  const { checks } = loaded;
  if (!Array.isArray(checks) || checks.length === 0)
    throw new Error(`${path} must export "checks", made by defineChecks, with at least one condition.`);
  return checks as readonly ConditionSpec[];
}

async function loadNearMisses(folder: string): Promise<NearMiss[]> {
  const names = (await readdir(folder)).filter((name) => /^near-miss-[a-z0-9-]+\.sh$/.test(name)).toSorted();
  return Promise.all(names.map(async (name) => readNearMiss(name, await readText(join(folder, name)))));
}

function readNearMiss(name: string, script: string): NearMiss {
  const [, fails] = /^# fails: ([a-z0-9-]+)\n/.exec(script) ?? [];
  if (fails === undefined) throw new Error(`${name} must begin with a line "# fails: <condition id>".`);
  const [, approver] = /^# approved by: (\S+)$/m.exec(script) ?? [];
  return { name, script, fails, approver };
}

async function loadFiles(folder: string): Promise<StepFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.toSorted().map(async (path) => {
      const { size, mode } = await stat(path);
      if (size > maxFileBytes) throw new Error(`${path} is larger than ${maxFileBytes / 1024} KiB.`);
      return { path: relative(folder, path), contents: await readFile(path), mode: (mode & 0o100) === 0 ? 0o644 : 0o755 };
    }),
  );
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw new Error(`${path} is missing.`);
  }
}
