import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { LoadedLab } from '../catalog/server/load-catalog.ts';
import type { ProofReport, Trial } from '../proof/proof-report.ts';
import { proveLab } from '../proof/server/prove-lab.ts';
import { labNamed, openPlatform } from './labs-platform.ts';

/** Much of a trial is waiting, so that two sandboxes keep two cores busy. */
const defaultParallel = Math.max(2, Math.floor(availableParallelism() / 2));

/** `labs test`: proves one lab or all of them. */
export async function testLabs(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: {
      step: { type: 'string', multiple: true },
      parallel: { type: 'string' },
      twice: { type: 'boolean' },
      json: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  const steps = values.step?.map(Number);
  if (steps?.some((step) => !Number.isInteger(step) || step < 1) === true) return wrongCall('--step takes the number of a step, from 1.');
  const parallel = values.parallel === undefined ? defaultParallel : Number(values.parallel);
  if (!Number.isInteger(parallel) || parallel < 1) return wrongCall('--parallel takes how many sandboxes run at a time.');
  if (positionals.length > 1) return wrongCall('Name one lab, or none for all.');
  await using opened = await openPlatform();
  const { platform } = opened;
  const [id] = positionals;
  const labs = id === undefined ? platform.catalog.labs : [labNamed(platform, id)];
  if (labs.some((lab) => steps?.some((step) => step > lab.steps.length))) return wrongCall('The lab has fewer steps.');
  const reports: ProofReport[] = [];
  for (const lab of labs) {
    if (values.json !== true) process.stdout.write(`${lab.lab.title}\n`);
    const onTrial = (trial: Trial): void => void process.stdout.write(values.json === true ? '' : lineOf(trial));
    const options = { rounds: values.twice === true ? 2 : 1, parallel, onTrial, ...(steps === undefined ? {} : { steps }) };
    reports.push(await proveLab({ lab, driver: platform.driver, trust: platform.trust }, options));
  }
  const problems = id === undefined ? platform.catalog.problems : [];
  process.stdout.write(values.json === true ? `${JSON.stringify({ labs: reports, problems }, undefined, 2)}\n` : summary(reports, labs));
  for (const { folder, message } of problems) process.stderr.write(`labs/${folder}: ${message}\n`);
  return problems.length === 0 && reports.every(({ proven }) => proven) ? 0 : 1;
}

function lineOf({ step, kind, name, round, elapsedMs, startMs, problem }: Trial): string {
  const what = name === '' ? kind : name.replace(/\.sh$/, '');
  const times = `${seconds(elapsedMs)}${startMs === 0 ? '' : `  (ready after ${seconds(startMs).trim()})`}`;
  const line = `${problem === undefined ? 'v' : 'x'} ${step.padEnd(20)} ${what.padEnd(34)} ${round > 1 ? 'again ' : ''}${times}`;
  return problem === undefined ? `${line}\n` : `${line}\n    ${problem.replaceAll('\n', '\n    ')}\n`;
}

function summary(reports: readonly ProofReport[], labs: readonly LoadedLab[]): string {
  const lines = reports.map(({ lab, proven, trials, elapsedMs }) => {
    const passed = trials.filter(({ problem }) => problem === undefined).length;
    const minutes = labs.find(({ id }) => id === lab)?.lab.minutes ?? 0;
    return `${lab}: ${proven ? 'proven' : 'NOT proven'}, ${passed} of ${trials.length} trials in ${seconds(elapsedMs).trim()}; told to take ${minutes} min`;
  });
  return `${lines.join('\n')}\n`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(6)} s`;
}

function wrongCall(message: string): number {
  process.stderr.write(`${message}\n`);
  return 2;
}
