import type { LoadedStep } from '../../catalog/server/load-step.ts';
import { ScriptFailed, type LabBench } from './lab-bench.ts';

/** Does what the text of a step says, block by block. Throws ScriptFailed when a block does not do what it should. */
export async function followText(lab: LabBench, { commands }: LoadedStep): Promise<void> {
  for (const command of commands) {
    if (command.kind === 'edit') await lab.run(command.byHand);
    else if (command.mustFail) await runToFailure(lab, command.command);
    else await run(lab, command.command);
  }
}

async function run(lab: LabBench, command: string): Promise<void> {
  try {
    await lab.run(command);
  } catch (error) {
    if (!(error instanceof ScriptFailed)) throw error;
    throw new ScriptFailed(`the text's command fails: ${command.trim()}\n${error.message}`);
  }
}

async function runToFailure(lab: LabBench, command: string): Promise<void> {
  try {
    await lab.run(command);
  } catch (error) {
    if (error instanceof ScriptFailed) return;
    throw error;
  }
  throw new ScriptFailed(`the text says that this fails, but it does not: ${command.trim()}`);
}
