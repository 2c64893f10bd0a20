import { randomBytes } from 'node:crypto';
import type { OpenExec } from '../engine/server/docker-types.ts';
import { decodeServerFrame, encodeClientFrame, maxChunkBytes, type ClientFrame, type ServerFrame } from '../terminal/protocol.ts';
import { HostStream } from '../terminal/server/host-stream.ts';

/** The only viewer of the only terminal. */
const viewer = 1;
const terminal = 0;

/**
 * Shows a new shell of a sandbox in this process's terminal until the shell ends; returns the shell's exit code.
 * Works with pipes as well: at the end of the input the shell is told that there is no more.
 */
export function attachTerminal(exec: OpenExec): Promise<number> {
  return new Promise((resolve, reject) => {
    let exitCode: number | undefined;
    let sequence = 0;
    const stream = new HostStream(exec, {
      frame: (frame) => {
        if (frame.kind === 'welcome') begin();
        if (frame.kind === 'data') show(decodeServerFrame(frame.frame));
      },
      closed: (reason) => {
        restore();
        if (exitCode === undefined) reject(new Error(`The terminal was lost: ${reason}`));
        else resolve(exitCode);
      },
    });

    const { stdin, stdout } = process;
    const send = (frame: ClientFrame): void => stream.send({ kind: 'data', viewer, frame: encodeClientFrame(frame) });
    const size = (): { cols: number; rows: number } => ({ cols: stdout.columns ?? 80, rows: stdout.rows ?? 24 });
    const type = (chunk: Buffer): void => {
      for (let offset = 0; offset < chunk.length; offset += maxChunkBytes) {
        sequence += 1;
        send({ kind: 'input', terminal, sequence, bytes: chunk.subarray(offset, offset + maxChunkBytes) });
      }
    };
    // Ctrl-D on an empty line ends a shell.
    const endInput = (): void => type(Buffer.from([4]));
    const resize = (): void => send({ kind: 'resize', terminal, size: size() });

    function begin(): void {
      stream.send({ kind: 'join', viewer, role: 'driver', client: randomBytes(8).toString('hex') });
      send({ kind: 'attach', terminal, offset: 0, epoch: 0, role: 'driver', size: size() });
      if (stdin.isTTY) stdin.setRawMode(true);
      stdin.on('data', type);
      stdin.once('end', endInput);
      stdout.on('resize', resize);
    }

    function show(frame: ServerFrame | undefined): void {
      if (frame?.kind === 'output' || frame?.kind === 'snapshot') {
        stdout.write(frame.bytes);
        const drawn = frame.kind === 'output' ? frame.offset + frame.bytes.byteLength : frame.offset;
        send({ kind: 'ack', terminal, offset: drawn });
      }
      if (frame?.kind === 'exit') {
        exitCode = Math.max(0, frame.code);
        stream.close('The shell has ended.');
      }
    }

    function restore(): void {
      stdin.off('data', type);
      stdin.off('end', endInput);
      stdout.off('resize', resize);
      if (stdin.isTTY) stdin.setRawMode(false);
      stdin.pause();
    }
  });
}
