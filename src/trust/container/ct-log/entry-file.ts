import { open, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** One entry as it is kept: the MerkleTreeLeaf and the chain that was submitted. */
export interface StoredEntry {
  readonly leafInput: Buffer;
  readonly extraData: Buffer;
}

/** Two lengths before, a checksum after. */
const headerBytes = 8;
const checksumBytes = 4;

/**
 * The log's only file: records of `u32 leaf length, u32 extra length, leaf, extra, u32 CRC-32`, appended and synced
 * one at a time. A record that a crash has torn off at the end was never promised to anybody, and is cut away.
 */
export class EntryFile {
  readonly #file: FileHandle;
  #end: number;

  private constructor(file: FileHandle, end: number) {
    this.#file = file;
    this.#end = end;
  }

  /** Opens or creates the file and reads all entries. Throws when a record before the last is damaged. */
  static async open(path: string): Promise<{ file: EntryFile; entries: StoredEntry[] }> {
    const handle = await open(path, 'a+', 0o600);
    try {
      const bytes = await handle.readFile();
      const { entries, end } = readRecords(bytes, path);
      if (end < bytes.length) await handle.truncate(end);
      return { file: new EntryFile(handle, end), entries };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Appends an entry; it is on the disk when the promise resolves. Calls must not overlap. */
  async append(entry: StoredEntry): Promise<void> {
    const record = encodeRecord(entry);
    try {
      await this.#file.appendFile(record);
      await this.#file.datasync();
    } catch (error) {
      // A full disk leaves half a record behind, which would hide all that follows it.
      await this.#file.truncate(this.#end).catch(() => undefined);
      throw error;
    }
    this.#end += record.length;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function encodeRecord({ leafInput, extraData }: StoredEntry): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32BE(leafInput.length, 0);
  header.writeUInt32BE(extraData.length, 4);
  const body = Buffer.concat([header, leafInput, extraData]);
  const checksum = Buffer.alloc(checksumBytes);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([body, checksum]);
}

function readRecords(bytes: Buffer, path: string): { entries: StoredEntry[]; end: number } {
  const entries: StoredEntry[] = [];
  let offset = 0;
  while (offset + headerBytes <= bytes.length) {
    const leafEnd = offset + headerBytes + bytes.readUInt32BE(offset);
    const bodyEnd = leafEnd + bytes.readUInt32BE(offset + 4);
    const recordEnd = bodyEnd + checksumBytes;
    if (recordEnd > bytes.length) break;
    if (crc32(bytes.subarray(offset, bodyEnd)) !== bytes.readUInt32BE(bodyEnd)) {
      if (recordEnd === bytes.length) break;
      throw new Error(`${path} is damaged at byte ${offset} (record ${entries.length}); restore it from a backup.`);
    }
    entries.push({ leafInput: bytes.subarray(offset + headerBytes, leafEnd), extraData: bytes.subarray(leafEnd, bodyEnd) });
    offset = recordEnd;
  }
  return { entries, end: offset };
}
