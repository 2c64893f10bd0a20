import { toPlatformError } from '../shared/errors.ts';
import { execInSession } from './labs-exec.ts';
import { lintLabs } from './labs-lint.ts';
import { openLabShell } from './labs-shell.ts';
import { testLabs } from './labs-test.ts';

const help = `Labs: try them, prove them, look into them.

  npm run labs -- test [LAB] [--step N]... [--twice] [--parallel N] [--json]
      Proves a lab, or all: untouched every condition fails, the solution passes, whoever follows the text passes, and
      each near-miss fails where it says.
  npm run labs -- shell LAB [--step N]
      Opens a fresh sandbox of the lab in this terminal, with the steps before N solved; it is removed when the shell
      ends. Signatures of that shell are approved by themselves.
  npm run labs -- exec [-i] SESSION -- COMMAND...
      Runs a command in the toolbox of a running session, as its learner; -i hands it the input.
  npm run labs -- lint
      Loads every lab and names what is wrong with it.

Exit code 0 when all is well, 1 when not, 2 for a wrong call; exec and shell end with the code of the command.`;

/** Each command takes its arguments and returns the exit code. */
const commands: Readonly<Record<string, (args: string[]) => Promise<number>>> = {
  test: testLabs,
  shell: openLabShell,
  exec: execInSession,
  lint: lintLabs,
};

const [name = '--help', ...args] = process.argv.slice(2);
const command = commands[name];
if (command !== undefined) {
  process.exitCode = await command(args).catch(report);
} else {
  const asked = ['help', '--help', '-h'].includes(name);
  process.stdout.write(asked ? `${help}\n` : '');
  process.stderr.write(asked ? '' : `There is no command "${name}".\n\n${help}\n`);
  process.exitCode = asked ? 0 : 2;
}

function report(error: unknown): number {
  if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
    process.stderr.write(`${error.message}\n\n${help}\n`);
    return 2;
  }
  const { message, fix } = toPlatformError(error);
  process.stderr.write(`${message}\n${fix}\n`);
  return 1;
}
