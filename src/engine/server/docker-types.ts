import type { Readable, Writable } from 'node:stream';

/** What the engine says of itself. */
export interface EngineInfo {
  readonly id: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly operatingSystem: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly cgroupVersion: '1' | '2';
  /** `linux` or `windows`. */
  readonly operatingSystemType: string;
  /** `amd64`, `arm64`, ... */
  readonly architecture: string;
  readonly rootless: boolean;
}

/** A bridge network. `internal` gives it no route out; `options` are driver options. */
export interface NetworkSpec {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly internal: boolean;
  /** CIDR; without it the engine chooses one. */
  readonly subnet?: string;
  /** CIDR within `subnet` from which the engine gives addresses to members that have none of their own. */
  readonly dynamicRange?: string;
  readonly options?: Record<string, string>;
}

/** Limits of one container. */
export interface Limits {
  readonly memoryBytes?: number;
  /** Cores, fractions allowed. */
  readonly cpus?: number;
  readonly pids?: number;
}

/** A container to create. */
export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly labels: Record<string, string>;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly env?: Record<string, string>;
  readonly user?: string;
  readonly hostname?: string;
  readonly workingDirectory?: string;
  /** Name of the network and the aliases there; absent: no network at all. */
  readonly network?: { readonly name: string; readonly aliases?: readonly string[]; readonly address?: string };
  readonly privileged?: boolean;
  readonly securityOptions?: readonly string[];
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
  readonly init?: boolean;
  readonly limits?: Limits;
  /** Named volumes or paths on the engine's host, `source:target[:ro]`. */
  readonly binds?: readonly string[];
  /** Mount point to tmpfs options, for example `{'/tmp': 'size=64m'}`. */
  readonly tmpfs?: Record<string, string>;
  readonly restart?: 'no' | 'unless-stopped' | 'on-failure';
  readonly extraHosts?: readonly string[];
  /** Kernel settings of the container's own network namespace. */
  readonly sysctls?: Record<string, string>;
}

/** A container as listed. `state`: created, running, paused, restarting, removing, exited or dead. */
export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly state: string;
  readonly labels: Record<string, string>;
  readonly createdAtMs: number;
  /** Network name to IPv4 address (empty when not connected). */
  readonly addresses: Record<string, string>;
}

/** A command to run in a running container. */
export interface ExecSpec {
  readonly command: readonly string[];
  readonly user?: string;
  readonly env?: Record<string, string>;
  readonly workingDirectory?: string;
  readonly privileged?: boolean;
  readonly stdin?: string | Buffer;
  /** Milliseconds until the streams are closed; default 60,000. Only for `exec`. */
  readonly timeoutMs?: number;
  /** Bytes kept of each output; default 1 MiB. Only for `exec`. */
  readonly maxBytes?: number;
}

/** Result of a command that has ended, timed out (`exitCode` -1) or said too much (`truncated`, `exitCode` -1). */
export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly truncated: boolean;
  readonly timedOut: boolean;
}

/** A running command. */
export interface OpenExec {
  readonly input: Writable;
  readonly output: Readable;
  readonly errors: Readable;
  /** Exit code; settles after the streams have ended. */
  readonly exit: Promise<number>;
  /** Ends the streams; the process is not signalled. */
  close(): void;
}

/** A file to put into a container. */
export interface FileToPut {
  /** Absolute path. */
  readonly path: string;
  readonly contents: string | Buffer;
  /** Default 0o644. */
  readonly mode?: number;
  /** Default 0. */
  readonly uid?: number;
  readonly gid?: number;
}
