import { gzipSync } from 'node:zlib';
import { newId } from '../../shared/server/ids.ts';
import type { RegistryWriter } from './registry-writer.ts';

const types = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
};

/** Pushes an image of its own digest that holds nothing; returns its reference, by digest unless there is a tag. */
export async function pushProbeImage(registry: RegistryWriter, { repository, tag }: { repository: string; tag?: string }): Promise<string> {
  // Two blocks of zeros are the end of a tar archive, so this is an empty one.
  const layer = gzipSync(Buffer.alloc(1024));
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Labels: { probe: newId(24) } },
      rootfs: { type: 'layers', diff_ids: [emptyTarDigest] },
    }),
  );
  const [configDigest, layerDigest] = await Promise.all([registry.pushBlob(repository, config), registry.pushBlob(repository, layer)]);
  const manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: configDigest, size: config.length },
    layers: [{ mediaType: types.layer, digest: layerDigest, size: layer.length }],
  };
  const contents = Buffer.from(JSON.stringify(manifest));
  const digest = await registry.pushManifest({ repository, mediaType: types.manifest, contents, ...(tag === undefined ? {} : { tag }) });
  return `registry.lab/${repository}${tag === undefined ? `@${digest}` : `:${tag}`}`;
}

/** SHA-256 of 1024 zero bytes. */
const emptyTarDigest = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';
