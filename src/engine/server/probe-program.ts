import { PlatformError } from '../../shared/errors.ts';

const loadAddress = 0x400000;
const fileHeaderBytes = 64;
const programHeaderBytes = 56;

/** Machine code of `exit(0)` and the ELF machine number, by the engine's architecture. */
const machines: Record<string, { machine: number; code: readonly number[] }> = {
  // xor edi, edi; mov eax, 60; syscall
  amd64: { machine: 62, code: [0x31, 0xff, 0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05] },
  // mov x0, #0; mov x8, #93; svc #0
  arm64: { machine: 183, code: [0, 0, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0, 0, 0xd4] },
};

/**
 * A Linux executable of about 130 bytes that ends at once with status 0: all that a probe container needs,
 * so that an engine can be tried before any image has been built or pulled.
 */
export function probeProgram(architecture: string): Buffer {
  const found = machines[architecture];
  if (found === undefined) {
    throw new PlatformError('engine-unavailable', `The engine runs on ${architecture}; expected amd64 or arm64.`);
  }
  const size = fileHeaderBytes + programHeaderBytes + found.code.length;
  const file = Buffer.alloc(size);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(found.machine, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(BigInt(loadAddress + fileHeaderBytes + programHeaderBytes), 24);
  file.writeBigUInt64LE(BigInt(fileHeaderBytes), 32);
  file.writeUInt16LE(fileHeaderBytes, 52);
  file.writeUInt16LE(programHeaderBytes, 54);
  file.writeUInt16LE(1, 56);
  const segment = file.subarray(fileHeaderBytes);
  // One loadable segment, readable and executable, holding the whole file.
  segment.writeUInt32LE(1, 0);
  segment.writeUInt32LE(5, 4);
  segment.writeBigUInt64LE(BigInt(loadAddress), 16);
  segment.writeBigUInt64LE(BigInt(loadAddress), 24);
  segment.writeBigUInt64LE(BigInt(size), 32);
  segment.writeBigUInt64LE(BigInt(size), 40);
  segment.writeBigUInt64LE(4096n, 48);
  file.set(found.code, fileHeaderBytes + programHeaderBytes);
  return file;
}
