import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { readJson, RequestRefused, sendJson, urlOf, type HostHandler } from '../http-answers.ts';
import type { CertificateLog } from './certificate-log.ts';

/** A chain is four small certificates at most; 64 KiB holds a dozen. */
const maxSubmissionBytes = 64 * 1024;
/** get-entries answers with fewer than asked for when more are asked for, as RFC 6962, section 4.6, allows. */
const maxEntriesPerAnswer = 256;

const submission = z.object({
  chain: z
    .array(z.base64().max(32 * 1024))
    .min(1)
    .max(4),
});
const count = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);
const hash = z
  .base64()
  .length(44)
  .transform((text) => Buffer.from(text, 'base64'));

/** The client messages of RFC 6962, section 4, that make sense for a log of precertificates. */
export function createCertificateLogHandler(log: CertificateLog): HostHandler {
  const reads: Record<string, (query: URLSearchParams) => unknown> = {
    'get-sth': () => signedTreeHead(log),
    'get-entries': (query) => entries(log, query),
    'get-proof-by-hash': (query) => proofByHash(log, query),
    'get-sth-consistency': (query) => consistency(log, query),
    'get-entry-and-proof': (query) => entryAndProof(log, query),
    'get-roots': () => ({ certificates: log.roots.map((root) => root.raw.toString('base64')) }),
  };
  return async (request, response) => {
    const { pathname, searchParams } = urlOf(request);
    const call = /^\/ct\/v1\/([a-z-]+)$/.exec(pathname)?.[1] ?? '';
    if (call === 'add-pre-chain') return addPreChain(log, request, response);
    const read = Object.hasOwn(reads, call) ? reads[call] : undefined;
    if (read === undefined) throw new RequestRefused(404, 'The log knows the calls of RFC 6962 under /ct/v1/, get-sth for example.');
    if (request.method !== 'GET') throw new RequestRefused(405, `${call} is a GET.`);
    sendJson(response, 200, read(searchParams));
  };
}

async function addPreChain(log: CertificateLog, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST') throw new RequestRefused(405, 'add-pre-chain is a POST.');
  const { chain } = parse(
    submission,
    await readJson(request, maxSubmissionBytes),
    'chain must be a list of one to four base64 certificates',
  );
  const result = await log.add(chain.map((certificate) => Buffer.from(certificate, 'base64')));
  if ('refused' in result) throw new RequestRefused(400, result.refused);
  sendJson(response, 200, {
    sct_version: 0,
    id: result.logId.toString('base64'),
    timestamp: result.timestampMs,
    extensions: '',
    signature: result.signature.toString('base64'),
  });
}

function signedTreeHead(log: CertificateLog): unknown {
  const head = log.signedTreeHead();
  return {
    tree_size: head.size,
    timestamp: head.timestampMs,
    sha256_root_hash: head.root.toString('base64'),
    tree_head_signature: head.signature.toString('base64'),
  };
}

function entries(log: CertificateLog, query: URLSearchParams): unknown {
  const start = parse(count, query.get('start'), 'start must be an index');
  const end = parse(count, query.get('end'), 'end must be an index');
  if (start > end || start >= log.tree.size)
    throw new RequestRefused(400, `start must not be after end and must be below ${log.tree.size}.`);
  const found = log.entries(start, Math.min(end, start + maxEntriesPerAnswer - 1));
  return {
    entries: found.map((entry) => ({ leaf_input: entry.leafInput.toString('base64'), extra_data: entry.extraData.toString('base64') })),
  };
}

function proofByHash(log: CertificateLog, query: URLSearchParams): unknown {
  const leafHash = parse(hash, query.get('hash'), 'hash must be the base64 of a SHA-256');
  const size = treeSize(log, query.get('tree_size'));
  const index = log.indexOfLeaf(leafHash);
  if (index === undefined || index >= size) throw new RequestRefused(404, `No entry of that hash among the first ${size}.`);
  return { leaf_index: index, audit_path: toBase64(log.tree.inclusionProof(index, size)) };
}

function consistency(log: CertificateLog, query: URLSearchParams): unknown {
  const second = treeSize(log, query.get('second'));
  const first = parse(count, query.get('first'), 'first must be a tree size');
  if (first > second) throw new RequestRefused(400, 'first must not be larger than second.');
  return { consistency: toBase64(log.tree.consistencyProof(first, second)) };
}

function entryAndProof(log: CertificateLog, query: URLSearchParams): unknown {
  const index = parse(count, query.get('leaf_index'), 'leaf_index must be an index');
  const size = treeSize(log, query.get('tree_size'));
  const [entry] = log.entries(index, index);
  if (entry === undefined || index >= size) throw new RequestRefused(400, `leaf_index must be below ${size}.`);
  return {
    leaf_input: entry.leafInput.toString('base64'),
    extra_data: entry.extraData.toString('base64'),
    audit_path: toBase64(log.tree.inclusionProof(index, size)),
  };
}

function treeSize(log: CertificateLog, value: string | null): number {
  const size = parse(count, value, 'a tree size is missing');
  if (size < 1 || size > log.tree.size) throw new RequestRefused(400, `The tree size must be between 1 and ${log.tree.size}.`);
  return size;
}

function toBase64(hashes: readonly Buffer[]): string[] {
  return hashes.map((bytes) => bytes.toString('base64'));
}

function parse<T>(schema: z.ZodType<T>, value: unknown, otherwise: string): T {
  const result = schema.safeParse(value);
  if (!result.success) throw new RequestRefused(400, `The request is not valid: ${otherwise}.`);
  return result.data;
}
