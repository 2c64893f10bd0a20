import { PlatformError } from '../shared/errors.ts';
import { openPlatform } from './labs-platform.ts';

/** An hour: whoever runs a command by hand ends it by hand. */
const timeoutMs = 60 * 60_000;
const maxBytes = 64 * 1024 * 1024;

/** `labs exec [-i] SESSION -- COMMAND...`: runs a command in a session's toolbox as its learner; -i gives it the input. */
export async function execInSession(args: string[]): Promise<number> {
  const [withInput, rest] = args[0] === '-i' ? [true, args.slice(1)] : [false, args];
  const [session, separator, ...command] = rest;
  if (session === undefined || separator !== '--' || command.length === 0) {
    process.stderr.write('Name a session and a command: npm run labs -- exec [-i] SESSION -- COMMAND...\n');
    return 2;
  }
  await using opened = await openPlatform();
  const { driver } = opened.platform;
  const found = (await driver.list()).filter(({ sessionId }) => sessionId === session).at(-1);
  const sandbox = found === undefined ? undefined : await driver.adopt(found.id);
  if (sandbox === undefined) throw new PlatformError('session-not-found', `No sandbox of the session ${session} is running.`);
  const stdin = withInput ? await readAll(process.stdin) : undefined;
  const result = await sandbox.exec(command, { timeoutMs, maxBytes, ...(stdin === undefined ? {} : { stdin }) });
  process.stdout.write(result.stdout);
  process.stderr.write(result.stderr);
  return result.exitCode < 0 ? 1 : result.exitCode;
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
