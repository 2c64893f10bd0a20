import { z } from 'zod';

/** The in-toto statement inside a DSSE envelope, as far as graders read it. */
export interface Statement {
  readonly predicateType: string;
  readonly subjects: readonly { readonly name: string | undefined; readonly sha256: string | undefined }[];
  readonly predicate: unknown;
}

const inTotoPayloadType = 'application/vnd.in-toto+json';

const statementSchema = z.object({
  _type: z.enum(['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']),
  predicateType: z.string().min(1).max(500),
  subject: z
    .array(z.object({ name: z.string().optional(), digest: z.record(z.string(), z.string()) }))
    .min(1)
    .max(1000),
  predicate: z.unknown(),
});

/** Reads the statement of an envelope; a string says why it is none. */
export function readStatement(envelope: { payloadType: string; payload: Buffer }): Statement | string {
  if (envelope.payloadType !== inTotoPayloadType) return `the envelope holds ${shorten(envelope.payloadType)}, not an in-toto statement`;
  let json: unknown;
  try {
    json = JSON.parse(envelope.payload.toString('utf8'));
  } catch {
    return 'the statement in the envelope is not JSON';
  }
  const parsed = statementSchema.safeParse(json);
  if (!parsed.success) return 'the envelope holds no in-toto statement with subjects and a predicate type';
  const { predicateType, subject, predicate } = parsed.data;
  return {
    predicateType,
    subjects: subject.map(({ name, digest }) => ({ name, sha256: digest['sha256']?.toLowerCase() })),
    predicate,
  };
}

function shorten(text: string): string {
  return text.length <= 80 ? JSON.stringify(text) : `${JSON.stringify(text.slice(0, 80))}...`;
}
