import type { Duplex, Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import { collectBounded } from './bounded-output.ts';
import { ExecDemultiplexer } from './exec-demultiplexer.ts';
import type { ExecResult, ExecSpec, OpenExec } from './docker-types.ts';

/** Default of {@link ExecSpec.timeoutMs}: long enough for one command, short enough that a hang is noticed. */
const defaultExecTimeoutMs = 60_000;
/** Default of {@link ExecSpec.maxBytes} for each of the two outputs. */
const defaultExecMaxBytes = 1024 * 1024;

/** Starts a command without a TTY in a running container. */
export async function startExec(docker: Dockerode, container: string, spec: ExecSpec): Promise<OpenExec> {
  const exec = await docker.getContainer(container).exec({
    Cmd: [...spec.command],
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    ...(spec.user === undefined ? {} : { User: spec.user }),
    ...(spec.workingDirectory === undefined ? {} : { WorkingDir: spec.workingDirectory }),
    ...(spec.env === undefined ? {} : { Env: Object.entries(spec.env).map(([key, value]) => `${key}=${value}`) }),
    ...(spec.privileged === undefined ? {} : { Privileged: spec.privileged }),
  });
  const stream = await exec.start({ hijack: true, stdin: true, Tty: false });
  return attach(exec, stream);
}

/** Waits for a command within the limits of `spec`; beyond them the streams are closed and the exit code is -1. */
export async function runToEnd(running: OpenExec, spec: ExecSpec): Promise<ExecResult> {
  // A command that ends before it has read its input makes the write fail; its exit code tells more than that.
  running.input.on('error', () => undefined);
  running.input.end(spec.stdin ?? '');
  const maxBytes = spec.maxBytes ?? defaultExecMaxBytes;
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    running.close();
  }, spec.timeoutMs ?? defaultExecTimeoutMs);
  try {
    const collect = (stream: Readable) => collectBounded(stream, { maxBytes, onOverflow: () => running.close() });
    const [stdout, stderr] = await Promise.all([collect(running.output), collect(running.errors)]);
    const truncated = stdout.truncated || stderr.truncated;
    const exitCode = timedOut || truncated ? -1 : await running.exit;
    return { exitCode, stdout: stdout.bytes, stderr: stderr.bytes, truncated, timedOut };
  } finally {
    clearTimeout(timer);
  }
}

function attach(exec: Dockerode.Exec, stream: Duplex): OpenExec {
  const demultiplexer = new ExecDemultiplexer();
  const { output, errors } = demultiplexer;
  stream.pipe(demultiplexer);
  const ended = new Promise<void>((resolve) => {
    for (const event of ['close', 'end', 'error']) stream.once(event, () => resolve());
  });
  const exit = ended.then(() => {
    if (stream.destroyed && !stream.readableEnded) demultiplexer.destroy();
    // The engine has closed its half; ours would stay open for as long as nobody ends the input.
    stream.destroy();
    return exitCodeOf(exec);
  });
  exit.catch(() => undefined);
  const close = (): void => {
    stream.destroy();
  };
  return { input: stream, output, errors, exit, close };
}

async function exitCodeOf(exec: Dockerode.Exec): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const state = await exec.inspect();
    if (!state.Running) return state.ExitCode ?? -1;
    // The stream may end a moment before the engine has reaped the process.
    await new Promise((resolve) => setTimeout(resolve, 10 * (attempt + 1)));
  }
  return -1;
}
