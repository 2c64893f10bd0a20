import { posix } from 'node:path';
import { failed, passed } from '../../check.ts';
import type { Check } from '../check-context.ts';
import type { ProbeName } from '../probes.ts';

const labFolder = '/home/learner/lab';
const maxScriptBytes = 64 * 1024;
const timeoutMs = 10_000;

/** A script of the learner, which takes an image reference as its argument, and what it has to say of each probe. */
export interface ScriptExpectation {
  readonly accepts?: readonly ProbeName[];
  readonly refuses?: readonly ProbeName[];
}

/** How a failed condition calls what the script was given. */
const described: Readonly<Record<ProbeName, string>> = {
  signed: 'an image signed by you',
  unsigned: 'an unsigned image',
  'signed-by-other': 'an image signed by somebody else',
  'sbom-only': 'an image with only an SBOM attestation by you',
  'unsigned-elsewhere': 'an unsigned image in another repository',
};

/**
 * Runs the learner's script as the learner, once per probe image, and looks at its exit code: 0 accepts, anything else
 * refuses. The names of probes do not tell what they are.
 */
export function script(path: string, { accepts = [], refuses = [] }: ScriptExpectation): Check {
  return async (context) => {
    const file = posix.resolve(labFolder, path);
    const read = await context.sandbox.readFile(file, maxScriptBytes);
    if (read.kind !== 'file')
      return failed(`the script ${path} in ${labFolder}`, read.kind === 'missing' ? 'no such file' : 'something that is not a small file');
    const probes = await context.probes();
    for (const [names, wanted] of [
      [accepts, true],
      [refuses, false],
    ] as const) {
      for (const name of names) {
        const result = await context.sandbox.exec(['bash', file, probes[name]], { timeoutMs, maxBytes: maxScriptBytes });
        const accepted = result.exitCode === 0;
        if (accepted === wanted) continue;
        const ending = result.timedOut
          ? `it did not end within ${timeoutMs / 1000} s`
          : lastLine(result.stderr) || `exit code ${result.exitCode}`;
        return failed(
          `${path} ${wanted ? 'accepts' : 'refuses'} ${described[name]}`,
          accepted ? 'it accepts it (exit code 0)' : `it refuses it: ${ending}`,
        );
      }
    }
    return passed();
  };
}

function lastLine(output: Buffer): string {
  const lines = output
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim());
  return (lines.findLast((line) => line !== '' && !line.startsWith('error during command execution')) ?? '').slice(0, 300);
}
