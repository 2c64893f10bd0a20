import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { attach } from './attach.ts';
import { Daemon } from './daemon.ts';
import type { ShellSpec } from './sandbox-pty.ts';

/** `main.ts serve` runs the daemon, `main.ts attach` connects standard input and output to it. */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    /** Unix socket of the daemon; its directory is made for its owner only. */
    socket: { type: 'string', default: join('/tmp', `.proofground-${userInfo().uid}`, 'pty-host.sock') },
    shell: { type: 'string', default: 'bash' },
    directory: { type: 'string', default: userInfo().homedir },
  },
});

/** The environment of a login shell: nothing of the daemon's own but the search path and what the image sets for labs. */
function shellSpec(): ShellSpec {
  const { username, homedir } = userInfo();
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !/^(NODE_|npm_)/.test(entry[0]),
  );
  const env = { ...Object.fromEntries(inherited), HOME: homedir, USER: username, LOGNAME: username, SHELL: '/bin/bash' };
  const display = { TERM: 'xterm-256color', COLORTERM: 'truecolor', LANG: 'C.UTF-8' };
  return { command: values.shell, args: ['-l'], directory: values.directory, env: { ...env, ...display } };
}

async function serve(): Promise<void> {
  mkdirSync(dirname(values.socket), { recursive: true, mode: 0o700 });
  const daemon = new Daemon(shellSpec());
  if (!(await daemon.listen(values.socket))) return;
  // A fault in one shell must not take the others along; what can go wrong is logged and the daemon goes on.
  process.on('uncaughtException', (error) => console.error('The daemon goes on after:', error));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      daemon.stop();
      setTimeout(() => process.exit(0), 100);
    });
  }
}

const [command] = positionals;
if (command === 'serve') await serve();
else if (command === 'attach') {
  await attach(values.socket, [
    import.meta.filename,
    'serve',
    '--socket',
    values.socket,
    '--shell',
    values.shell,
    '--directory',
    values.directory,
  ]);
  process.exit(0);
} else {
  console.error('Use: main.ts serve | attach [--socket PATH] [--shell COMMAND] [--directory PATH]');
  process.exitCode = 2;
}
