import type { Agent } from 'node:http';
import type { ExecResult, FileToPut, OpenExec } from '../../engine/server/docker-types.ts';
import type { FileRead } from '../../engine/server/tar-files.ts';
import type { Report } from '../../shared/progress.ts';
import type { Need } from '../sandbox-spec.ts';
import type { StageDurations } from '../sandbox.ts';
import type { ClusterAccess } from './cluster/create-cluster.ts';

/** A sandbox to make. `id`: 4 to 20 lower-case letters and digits, new for every start. */
export interface SandboxRequest {
  readonly id: string;
  readonly sessionId: string;
  readonly needs: readonly Need[];
  readonly learner: { readonly email: string };
  /** Values that texts, scripts and checks of the lab refer to; readable inside as `/etc/proofground/session.json`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Put in place as the learner's own files, normally below `/home/learner/lab`. */
  readonly files: readonly FileToPut[];
  /** How long stages took before, for the reports. */
  readonly expectedMs?: StageDurations;
}

/** Limits and circumstances of one command. */
export interface CommandOptions {
  readonly stdin?: string | Buffer;
  /** Milliseconds until the command is killed; default 60,000. */
  readonly timeoutMs?: number;
  /** Bytes kept of each output; default 1 MiB. More ends the command. */
  readonly maxBytes?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the learner's lab folder. */
  readonly workingDirectory?: string;
}

/** One entry of a listing; `path` is relative to the folder that was listed. */
export interface ListedFile {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  readonly bytes: number;
  readonly modifiedAtMs: number;
}

/** What a folder holds; `complete` is false when there was more than is told. */
export interface Listing {
  readonly files: readonly ListedFile[];
  readonly complete: boolean;
}

/** A sandbox that can be used. Every answer from inside comes from the learner's hands: bounded, never trusted. */
export interface ReadySandbox {
  readonly id: string;
  readonly sessionId: string;
  readonly needs: readonly Need[];
  readonly learner: { readonly email: string };
  /** Address from which the platform's signing services see this sandbox; empty when it has no way to them. */
  readonly linkAddress: string;
  /** Absent when the lab has no cluster. */
  readonly cluster?: ClusterAccess;
  /** Runs a command in the toolbox as the learner would, without a terminal. */
  exec(command: readonly string[], options?: CommandOptions): Promise<ExecResult>;
  /** Runs one of the platform's own tools (cosign, crane, curl, jq) beside the sandbox, where the learner cannot reach. */
  execInLink(command: readonly string[], options?: CommandOptions): Promise<ExecResult>;
  /** Opens the framed channel to the terminals of the toolbox. */
  openPtyHost(): Promise<OpenExec>;
  /** Writes files as the learner. Throws PlatformError `file-unwritable` when the learner's own files stand in the way. */
  putFiles(files: readonly FileToPut[]): Promise<void>;
  /** Reads one regular file of the toolbox; a symbolic link is not followed. */
  readFile(path: string, maxBytes: number): Promise<FileRead>;
  /** Lists a folder of the toolbox, at most 6 levels and 2,000 entries. */
  listFiles(path: string): Promise<Listing>;
  /** Plain TCP to `host:port` on the sandbox's network, as an HTTP agent; TLS is the caller's. */
  agentFor(target: string): Agent;
  /** Bytes of memory that all parts use together. */
  memory(): Promise<number>;
}

/** One sandbox as found; `broken`: parts of it have ended or it was never finished. */
export interface SandboxSummary {
  readonly id: string;
  readonly sessionId: string;
  readonly createdAtMs: number;
  readonly state: 'running' | 'paused' | 'broken';
}

/** Makes, finds and removes sandboxes; knows nothing of sessions beyond their id. */
export interface SandboxDriver {
  /** Throws SandboxStartError; nothing of the sandbox is left then. */
  start(request: SandboxRequest, report: Report): Promise<ReadySandbox>;
  /** The sandbox as an earlier server left it, running or paused; undefined when it is not whole. */
  adopt(id: string): Promise<ReadySandbox | undefined>;
  /** Removes all of it; one that does not exist, or only in part, is fine. Also ends a start under way. */
  stop(id: string): Promise<void>;
  list(): Promise<readonly SandboxSummary[]>;
  /** Freezes every process; nothing is lost. */
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
}
