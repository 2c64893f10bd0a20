import { parseArgs, styleText } from 'node:util';
import { readConfig } from '../platform/server/config.ts';
import { diagnose, type Finding } from '../platform/server/diagnose.ts';
import { toPlatformError } from '../shared/errors.ts';

const help = `Looks at everything that labs depend on and changes nothing. Exits with 1 when there is a problem.

  npm run doctor             one line for each thing
  npm run -s doctor -- --json   the same for machines
`;

try {
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help === true) process.stdout.write(help);
  else process.exitCode = show(await diagnose(readConfig(process.env)), values.json === true);
} catch (error) {
  const { message, fix } = toPlatformError(error);
  process.stderr.write(`x ${message}\n  ${fix}\n`);
  process.exitCode = 1;
}

function show(findings: readonly Finding[], json: boolean): number {
  const problems = findings.filter(({ state }) => state === 'problem');
  if (json) {
    process.stdout.write(`${JSON.stringify({ ok: problems.length === 0, findings }, null, 2)}\n`);
    return problems.length === 0 ? 0 : 1;
  }
  for (const finding of findings) {
    process.stdout.write(`${markOf(finding)} ${finding.name.padEnd(32)} ${finding.found}\n`);
    if (finding.state !== 'ok' && finding.fix !== undefined) process.stdout.write(`    ${finding.fix}\n`);
  }
  process.stdout.write(
    problems.length === 0
      ? 'Everything that labs need is there.\n'
      : `${problems.length} of ${findings.length} are problems; the lines below each say what to do.\n`,
  );
  return problems.length === 0 ? 0 : 1;
}

function markOf({ state }: Finding): string {
  const mark = { ok: 'v', note: '-', problem: 'x' }[state];
  const colour = ({ ok: 'green', note: 'yellow', problem: 'red' } as const)[state];
  return process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '' ? styleText(colour, mark) : mark;
}
