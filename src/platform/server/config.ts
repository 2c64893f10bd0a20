import { homedir, networkInterfaces } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { PlatformError } from '../../shared/errors.ts';

/** One environment variable: its name, default as a person reads it, and meaning. */
interface Setting {
  readonly name: string;
  readonly default: string;
  readonly meaning: string;
  readonly schema: z.ZodType<unknown, string | undefined>;
}

const wholeNumber = (least: number, most: number, fallback: number): z.ZodType<number, string | undefined> =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be from ${least} to ${most}`)
    .optional()
    .transform((value) => value ?? fallback);

const text = (fallback: string): z.ZodType<string, string | undefined> =>
  z
    .string()
    .min(1, 'must not be empty')
    .optional()
    .transform((value) => value ?? fallback);

const settings = {
  HOST: { default: '127.0.0.1', meaning: 'Address that the server listens on.', schema: text('127.0.0.1') },
  PORT: { default: '4321', meaning: 'Port that the server listens on; 0 takes a free one.', schema: wholeNumber(0, 65_535, 4321) },
  PROOFGROUND_ORIGIN: {
    default: 'http://HOST:PORT',
    meaning: 'Addresses, separated by commas, under which browsers reach the site, when a proxy or a name is in front of it.',
    schema: z
      .string()
      .optional()
      .transform((value) => (value === undefined ? [] : value.split(',').map((part) => part.trim().replace(/\/$/, ''))))
      .refine((origins) => origins.every(isOrigin), 'must be like https://learn.example.org, without a path'),
  },
  PROOFGROUND_DATA: {
    default: '.proofground',
    meaning: 'Directory of the database, keys and logs of this instance.',
    schema: text('.proofground'),
  },
  XDG_CACHE_HOME: {
    default: '~/.cache',
    meaning: 'Engine, images and build caches go into its folder proofground, shared by all instances of the machine.',
    schema: text(join(homedir(), '.cache')),
  },
  DOCKER_HOST: {
    default: 'the default socket',
    meaning: 'Engine to use; without a usable one, Linux with root starts an embedded engine.',
    schema: z
      .string()
      .regex(/^(unix|tcp|npipe):\/\//, 'must begin with unix://, tcp:// or npipe://')
      .optional(),
  },
  PROOFGROUND_BASE_IMAGE: {
    default: 'the pinned Debian image',
    meaning: 'Debian trixie image by digest (name@sha256:...) on which every image is built, for a machine that reaches another registry.',
    schema: z
      .string()
      .regex(/^\S+@sha256:[0-9a-f]{64}$/, 'must be like name@sha256:<64 hexadecimal digits>')
      .optional(),
  },
  PROOFGROUND_DEBIAN_MIRROR: {
    default: 'that of mmdebstrap',
    meaning: 'Address of the Debian archive from which the engine and the base image are made where no registry answers.',
    schema: z
      .string()
      .regex(/^https?:\/\//, 'must begin with http:// or https://')
      .optional(),
  },
  PROOFGROUND_MAX_SANDBOXES: {
    default: '50',
    meaning: 'Most sandboxes at a time; memory may allow fewer.',
    schema: wholeNumber(1, 1000, 50),
  },
  PROOFGROUND_SESSION_MINUTES: {
    default: '120',
    meaning: 'How long a session lasts before it is extended.',
    schema: wholeNumber(1, 1440, 120),
  },
  PROOFGROUND_DISK_GIB: {
    default: '20, or 4 once the images are built',
    meaning: 'Free disk space in GiB that the server asks for before it prepares anything.',
    schema: wholeNumber(0, 100_000, -1),
  },
  LOG_LEVEL: {
    default: 'info',
    meaning: 'Least level of what is written to server.log in the data directory.',
    schema: z
      .enum(['debug', 'info', 'warn', 'error'])
      .optional()
      .transform((value) => value ?? 'info'),
  },
  NO_COLOR: { default: 'unset', meaning: 'When set, the commands print without colours.', schema: z.string().optional() },
} as const satisfies Record<string, Omit<Setting, 'name'>>;

const environmentSchema = z.object(
  Object.fromEntries(Object.entries(settings).map(([name, { schema }]) => [name, schema])) as {
    [Name in keyof typeof settings]: (typeof settings)[Name]['schema'];
  },
);

/** What the README documents: every environment variable with its default and meaning. */
export const configurationTable: readonly { name: string; default: string; meaning: string }[] = Object.entries(settings).map(
  ([name, setting]) => ({ name, default: setting.default, meaning: setting.meaning }),
);

/** The configuration of one server. */
export interface PlatformConfig {
  readonly host: string;
  readonly port: number;
  /** Origins given by PROOFGROUND_ORIGIN; empty: see {@link allowedOrigins}. */
  readonly origins: readonly string[];
  /** Absolute path. */
  readonly dataDirectory: string;
  /** Absolute path, `.../proofground`. */
  readonly cacheDirectory: string;
  readonly dockerHost: string | undefined;
  readonly maxSandboxes: number;
  readonly sessionMs: number;
  /** GiB; undefined: the server decides by what is built already. */
  readonly diskGiB: number | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/**
 * The configuration from environment variables.
 * @throws PlatformError `configuration-invalid` that names every bad value and every unknown PROOFGROUND_ variable.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): PlatformConfig {
  const unknown = Object.keys(env).filter((name) => name.startsWith('PROOFGROUND_') && !(name in settings));
  const faults = unknown.map((name) => `${name} is not a setting.`);
  const parsed = environmentSchema.safeParse(env);
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    faults.push(`${name} ${issue.message}, found ${JSON.stringify(env[name])}.`);
  }
  if (faults.length > 0 || parsed.data === undefined) throw new PlatformError('configuration-invalid', faults.join(' '));
  return toConfig(parsed.data);
}

function toConfig(values: z.output<typeof environmentSchema>): PlatformConfig {
  return {
    host: values.HOST,
    port: values.PORT,
    origins: values.PROOFGROUND_ORIGIN,
    dataDirectory: resolve(values.PROOFGROUND_DATA),
    cacheDirectory: resolve(values.XDG_CACHE_HOME, 'proofground'),
    dockerHost: values.DOCKER_HOST,
    maxSandboxes: values.PROOFGROUND_MAX_SANDBOXES,
    sessionMs: values.PROOFGROUND_SESSION_MINUTES * 60_000,
    diskGiB: values.PROOFGROUND_DISK_GIB < 0 ? undefined : values.PROOFGROUND_DISK_GIB,
    logLevel: values.LOG_LEVEL,
  };
}

/** Origins from which browsers may use the server that listens on `port`: the configured ones, or the machine's own addresses. */
export function allowedOrigins(config: PlatformConfig, port: number): readonly string[] {
  if (config.origins.length > 0) return config.origins;
  const everywhere = config.host === '0.0.0.0' || config.host === '::';
  const own = everywhere
    ? Object.values(networkInterfaces()).flatMap((addresses) => addresses?.map(({ address }) => address) ?? [])
    : [config.host];
  return [...new Set([...own, 'localhost', '127.0.0.1', '[::1]'].map((host) => originOf(host, port)))];
}

/** Origin of an address as browsers write it. */
export function originOf(host: string, port: number): string {
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return new URL(`http://${name}:${port}`).origin;
}

function isOrigin(value: string): boolean {
  return /^https?:$/.test(URL.parse(value)?.protocol ?? '') && URL.parse(value)?.origin === value;
}
