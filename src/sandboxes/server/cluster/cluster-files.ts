import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';

/** An object of the Kubernetes API, as far as we look into it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly [key: string]: unknown;
}

const directory = new URL('../../../../sandbox/cluster/', import.meta.url);

/** A file of sandbox/cluster, as text. */
export async function readClusterFile(name: string): Promise<string> {
  return readFile(new URL(name, directory), 'utf8');
}

/** The objects of a YAML file of sandbox/cluster, in its order. */
export async function readManifests(name: string): Promise<readonly Manifest[]> {
  const documents = parseAllDocuments(await readClusterFile(name));
  return documents.map((document) => document.toJS() as Manifest);
}
