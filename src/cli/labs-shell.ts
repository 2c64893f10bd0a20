import { parseArgs } from 'node:util';
import { withApprovals } from '../proof/server/answer-approvals.ts';
import { LabBench } from '../proof/server/lab-bench.ts';
import { PlatformError } from '../shared/errors.ts';
import { ProgressPrinter } from '../platform/server/print-progress.ts';
import { attachTerminal } from './attach-terminal.ts';
import { labNamed, openPlatform } from './labs-platform.ts';

/** `labs shell`: a fresh sandbox of a lab in this terminal. With `--step N` the steps before it are solved. */
export async function openLabShell(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, options: { step: { type: 'string' } }, allowPositionals: true });
  const [id, ...more] = positionals;
  if (id === undefined || more.length > 0) {
    process.stderr.write('Name one lab: npm run labs -- shell LAB\n');
    return 2;
  }
  await using opened = await openPlatform();
  const { platform } = opened;
  const lab = labNamed(platform, id);
  const before = lab.steps.slice(0, values.step === undefined ? 0 : Number(values.step) - 1);
  const last = lab.steps.at(-1);
  if (last === undefined || Number(values.step ?? 1) > lab.steps.length)
    throw new PlatformError('step-not-found', `The lab ${id} has ${lab.steps.length} steps.`);
  const printer = new ProgressPrinter(process.stderr, process.env);
  await using bench = await LabBench.open({ lab, driver: platform.driver, trust: platform.trust }, last, printer.report);
  for (const { solution } of before) await bench.run(solution);
  printer.stop();
  const { sandbox } = bench;
  process.stderr.write(
    `You are ${sandbox.learner.email}; signatures of this shell are approved by themselves. "exit" ends and removes the sandbox.\n`,
  );
  const approver = { trust: platform.trust, linkAddress: sandbox.linkAddress, email: sandbox.learner.email };
  return await withApprovals(approver, async () => attachTerminal(await sandbox.openPtyHost()));
}
