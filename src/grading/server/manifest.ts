import { z } from 'zod';

/** Media type of the bundle that cosign 3 stores as a referrer. */
export const bundleMediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** What a client says that it understands; without it a registry may convert or refuse. */
export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const descriptorSchema = z.object({
  mediaType: z.string(),
  digest,
  size: z.number().nonnegative(),
  artifactType: z.string().optional(),
  platform: z.object({ os: z.string(), architecture: z.string() }).optional(),
});

const manifestSchema = z.object({
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  subject: descriptorSchema.optional(),
  config: descriptorSchema.optional(),
  layers: z.array(descriptorSchema).max(1000).optional(),
  manifests: z.array(descriptorSchema).max(1000).optional(),
});

export type Descriptor = z.infer<typeof descriptorSchema>;

/** A manifest or index with the digest of its bytes. */
export interface Manifest extends z.infer<typeof manifestSchema> {
  readonly digest: string;
}

/** Reads a manifest or index; undefined when it is neither. */
export function readManifest(bytes: Buffer, ofDigest: string): Manifest | undefined {
  try {
    const parsed = manifestSchema.safeParse(JSON.parse(bytes.toString('utf8')));
    return parsed.success ? { ...parsed.data, digest: ofDigest } : undefined;
  } catch {
    return undefined;
  }
}

/** The images of an index that run somewhere; BuildKit's provenance is listed there too, for the platform `unknown`. */
export function platformImages(index: Manifest): Descriptor[] {
  return (index.manifests ?? []).filter(({ platform }) => platform?.os !== 'unknown');
}
