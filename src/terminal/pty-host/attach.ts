import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** How long a daemon may take from its start until it listens: Node itself needs 50 to 500 ms on a busy machine. */
const startTimeMs = 10_000;
const retryMs = 25;

/**
 * Relays standard input and output to the daemon and starts the daemon first when nobody listens: a learner may
 * have killed it, and the page must come back all the same. Ends when either side does.
 */
export async function attach(socketPath: string, serve: readonly string[]): Promise<void> {
  const socket = (await tryConnect(socketPath)) ?? (await startDaemon(socketPath, serve));
  socket.setNoDelay(true);
  await Promise.race([pipeline(process.stdin, socket), pipeline(socket, process.stdout)]).catch(() => undefined);
  socket.destroy();
}

async function startDaemon(socketPath: string, serve: readonly string[]): Promise<Socket> {
  const daemon = spawn(process.execPath, [...serve], { detached: true, stdio: 'ignore' });
  daemon.unref();
  const deadline = Date.now() + startTimeMs;
  while (Date.now() < deadline) {
    const socket = await tryConnect(socketPath);
    if (socket !== undefined) return socket;
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
  throw new Error(`The daemon does not listen on ${socketPath} after ${startTimeMs} ms.`);
}

function tryConnect(socketPath: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}
