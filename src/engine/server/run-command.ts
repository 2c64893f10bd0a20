import { spawn } from 'node:child_process';

/** A program of this machine to run; `input` is written to its standard input. */
export interface Command {
  readonly command: readonly [string, ...string[]];
  readonly env?: Record<string, string>;
  readonly timeoutMs?: number;
  /** Receives every line of both outputs. */
  readonly onLine?: (line: string) => void;
}

/** How a program ended; `tail` holds the last lines of both outputs. `exitCode` is -1 when it could not be run or was killed. */
export interface CommandResult {
  readonly exitCode: number;
  readonly tail: readonly string[];
}

const tailLines = 40;

/** Runs a program to its end; a failure is a value. */
export function runCommand({ command, env, timeoutMs, onLine }: Command): Promise<CommandResult> {
  const [program, ...args] = command;
  return new Promise((resolve) => {
    const tail: string[] = [];
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs, killSignal: 'SIGKILL' as const }),
    });
    const takeLine = (line: string): void => {
      if (line === '') return;
      tail.push(line);
      if (tail.length > tailLines) tail.shift();
      onLine?.(line);
    };
    for (const stream of [child.stdout, child.stderr]) readLines(stream.setEncoding('utf8'), takeLine);
    child.once('error', (error) => {
      takeLine(error.message);
      resolve({ exitCode: -1, tail });
    });
    child.once('close', (code) => resolve({ exitCode: code ?? -1, tail }));
  });
}

/** Calls `takeLine` for each line of a text stream, the last unfinished one included. */
export function readLines(stream: NodeJS.ReadableStream, takeLine: (line: string) => void): void {
  let rest = '';
  stream.on('data', (chunk: string | Buffer) => {
    const lines = (rest + String(chunk)).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) takeLine(line);
  });
  stream.on('end', () => takeLine(rest));
}
