import { globSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { styleText } from 'node:util';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { toPlatformError } from '../src/shared/errors.ts';
import { prepareImages } from './support/prepare-images.ts';

/** A group of tests by what it needs. Groups run one after the other, so that figures of one do not disturb another. */
interface Group {
  readonly name: string;
  readonly files: string;
  /** Test files that run at the same time. */
  readonly concurrency: number;
  /** Milliseconds that one test file may take. */
  readonly timeoutMs: number;
  /** The group works with the engine and the images. */
  readonly needsImages: boolean;
}

const minute = 60_000;
const groups: readonly Group[] = [
  { name: 'unit', files: 'test/unit/**/*.test.ts', concurrency: 2, timeoutMs: 3 * minute, needsImages: false },
  { name: 'docker', files: 'test/docker/**/*.test.ts', concurrency: 1, timeoutMs: 45 * minute, needsImages: true },
  { name: 'browser', files: 'test/browser/**/*.test.ts', concurrency: 1, timeoutMs: 20 * minute, needsImages: true },
  { name: 'labs', files: 'test/labs/**/*.test.ts', concurrency: 1, timeoutMs: 40 * minute, needsImages: true },
];

interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !groups.some((group) => group.name === name));
if (unknown.length > 0) {
  console.error(`There is no group named ${unknown.join(', ')}. The groups are: ${groups.map((group) => group.name).join(', ')}.`);
  process.exit(2);
}

const outcomes: Outcome[] = [];
for (const group of groups.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  if (group.needsImages && !outcomes.some(({ name }) => name === 'images')) outcomes.push(await prepare());
  outcomes.push(await runGroup(group));
}
process.exit(summarise(outcomes));

/** Builds what is missing; counts as one test, since everything after it rests on it. */
async function prepare(): Promise<Outcome> {
  console.log(styleText('bold', '\nimages'));
  const startedAt = performance.now();
  const problem = await prepareImages().catch((error: unknown) => toPlatformError(error));
  if (problem !== undefined) console.error(`${problem.message}\n${problem.fix}`);
  const failed = problem === undefined ? 0 : 1;
  return { name: 'images', passed: 1 - failed, failed, skipped: 0, seconds: (performance.now() - startedAt) / 1000 };
}

async function runGroup({ name, files, concurrency, timeoutMs }: Group): Promise<Outcome> {
  console.log(styleText('bold', `\n${name}`));
  const startedAt = performance.now();
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const stream = run({ files: globSync(files).sort(), concurrency, timeout: timeoutMs });
  stream.on('test:pass', ({ skip, todo, details }) => {
    if (details.type === 'suite') return;
    if (skip !== undefined || todo !== undefined) counts.skipped += 1;
    else counts.passed += 1;
  });
  stream.on('test:fail', ({ details }) => {
    if (details.type !== 'suite') counts.failed += 1;
  });
  await pipeline(stream, new spec(), async (lines: AsyncIterable<Buffer | string>) => {
    for await (const line of lines) process.stdout.write(line);
  });
  return { name, ...counts, seconds: (performance.now() - startedAt) / 1000 };
}

/** Prints a line a group and the closing line; returns the exit code. No test at all counts as a failure. */
function summarise(all: readonly Outcome[]): number {
  console.log('');
  for (const { name, passed, failed, skipped, seconds } of all) {
    console.log(`${name.padEnd(8)} ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds.toFixed(0)} s`);
  }
  const passed = all.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failed = all.reduce((sum, outcome) => sum + outcome.failed, 0);
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
