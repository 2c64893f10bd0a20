import type { ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { Account } from '../../identity/account.ts';
import type { ApiServices } from './api-services.ts';
import type { LimitName } from './rate-limits.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Names in a path: `:name` is one segment, `*name` the rest. */
type NamesIn<Path extends string> = Path extends `${infer Segment}/${infer Rest}` ? NameOf<Segment> | NamesIn<Rest> : NameOf<Path>;
type NameOf<Segment extends string> = Segment extends `:${infer Name}` | `*${infer Name}` ? Name : never;
type ParametersOf<Path extends string> = Readonly<Record<NamesIn<Path>, string>>;

/** One request as a handler sees it: checked, decoded, and from somebody who may. */
export interface Call<Parameters, Body, Who> {
  readonly parameters: Parameters;
  readonly body: Body;
  readonly query: URLSearchParams;
  readonly account: Who;
  readonly lastEventId: string | undefined;
}

/** What a handler answers with. */
export type Reply =
  | { readonly status: number; readonly json: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly status: 204; readonly headers?: Readonly<Record<string, string>> }
  | { readonly status: 200; readonly bytes: Buffer; readonly contentType: string; readonly headers?: Readonly<Record<string, string>> }
  /** The handler writes on its own, for as long as it likes. */
  | { readonly stream: (response: ServerResponse) => void };

/** What the interface promises for one status: JSON of a schema, another kind of content, or nothing. */
export type Answer =
  | { readonly meaning: string; readonly schema: z.ZodType }
  /** `data`: what the `data` field of each event holds, of an event stream. */
  | { readonly meaning: string; readonly contentType: string; readonly data?: z.ZodType }
  | { readonly meaning: string };

/** A file's bytes as the body of a request. */
export interface RawBody {
  readonly maxBytes: number;
}

interface RouteBase<Path extends string> {
  readonly method: Method;
  readonly path: Path;
  /** One sentence for the documentation. */
  readonly summary: string;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Default: `write` for unsafe methods, none for others. */
  readonly limit?: LimitName;
}

type BodyOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : Schema extends RawBody ? Buffer : undefined;

interface OpenRoute<Path extends string, Schema> extends RouteBase<Path> {
  readonly who: 'anyone';
  readonly body?: Schema;
  readonly handle: (call: Call<ParametersOf<Path>, BodyOf<Schema>, Account | undefined>, services: ApiServices) => Promise<Reply>;
}

interface AccountRoute<Path extends string, Schema> extends RouteBase<Path> {
  readonly who: 'account';
  readonly body?: Schema;
  readonly handle: (call: Call<ParametersOf<Path>, BodyOf<Schema>, Account>, services: ApiServices) => Promise<Reply>;
}

/** A row of the route table with its types forgotten; the router has checked what the handler expects. */
export interface Route extends RouteBase<string> {
  readonly who: 'anyone' | 'account';
  readonly body?: z.ZodType | RawBody;
  readonly handle: (call: Call<never, never, never>, services: ApiServices) => Promise<Reply>;
}

/** A row of the route table: anybody may call it. */
export function forAnyone<const Path extends string, Schema extends z.ZodType | RawBody | undefined = undefined>(
  route: Omit<OpenRoute<Path, Schema>, 'who'>,
): Route {
  return { ...route, who: 'anyone' } as unknown as Route;
}

/** A row of the route table: only who is signed in may call it. */
export function forAccounts<const Path extends string, Schema extends z.ZodType | RawBody | undefined = undefined>(
  route: Omit<AccountRoute<Path, Schema>, 'who'>,
): Route {
  return { ...route, who: 'account' } as unknown as Route;
}
