/** The images that the rest of the platform starts containers from. */
export const imageNames = ['base', 'provisioner', 'sigstore', 'trust', 'registry', 'builder', 'toolbox', 'link', 'node'] as const;
export type ImageName = (typeof imageNames)[number];

/** How one image is built out of what the repository holds. */
export interface DockerfilePlan {
  readonly kind: 'dockerfile';
  readonly name: string;
  /** Completes "Building ...". */
  readonly title: string;
  /** Folder of the repository whose contents are the root of the build context. */
  readonly context: string;
  /** Path of the Dockerfile in the repository. */
  readonly dockerfile: string;
  /** Images that the Dockerfile names in its arguments; see {@link argumentOf}. */
  readonly needs: readonly string[];
  /** Modules of the platform that run in the image: they and what they import, packages left out, under their own paths. */
  readonly modules?: readonly string[];
  /** Modules of the platform that are bundled with all that they import into one file of the context. */
  readonly bundles?: readonly { readonly entry: string; readonly file: string }[];
}

/** An image that has to be there before anything can be built; see bootstrap-image.ts. */
export interface BootstrapPlan {
  readonly kind: 'bootstrap';
  readonly name: 'base' | 'image-builder';
  readonly title: string;
  readonly needs: readonly string[];
}

export type ImagePlan = DockerfilePlan | BootstrapPlan;

const tools: Record<string, string> = {
  cosign: 'cosign',
  kubernetes: 'Kubernetes',
  'policy-controller': 'the policy controller',
  buildkit: 'BuildKit',
  fulcio: 'Fulcio',
  rekor: 'Rekor',
  'timestamp-authority': 'the timestamp authority',
  coredns: 'CoreDNS',
  registry: 'the registry server',
  crane: 'crane',
  kind: 'kind',
  etcd: 'etcd',
};

function tool([name, title]: [name: string, title: string]): DockerfilePlan {
  return {
    kind: 'dockerfile',
    name: `tool-${name}`,
    title,
    context: `sandbox/tools/${name}`,
    dockerfile: 'sandbox/tools/Dockerfile',
    needs: ['golang'],
  };
}

type ImageDetails = Omit<DockerfilePlan, 'kind' | 'name' | 'context' | 'dockerfile'>;

function image(name: string, details: ImageDetails): DockerfilePlan {
  const context = `sandbox/images/${name}`;
  return { kind: 'dockerfile', name, context, dockerfile: `${context}/Dockerfile`, ...details };
}

/** Every image, each after those that it needs. */
export const imagePlans: readonly ImagePlan[] = [
  { kind: 'bootstrap', name: 'base', title: 'the base image', needs: [] },
  { kind: 'bootstrap', name: 'image-builder', title: 'the image that builds images', needs: ['base'] },
  image('golang', { title: 'the Go toolchain', needs: ['base'] }),
  image('javascript', { title: 'Node.js', needs: ['base'] }),
  ...Object.entries(tools).map(tool),
  image('provisioner', { title: 'the provisioner', needs: ['image-builder', 'tool-kind'] }),
  image('sigstore', { title: 'the signing services', needs: ['base', 'tool-fulcio', 'tool-rekor', 'tool-timestamp-authority'] }),
  image('trust', {
    title: 'the trust front',
    needs: ['base', 'javascript'],
    bundles: [{ entry: 'src/trust/container/main.ts', file: 'main.mjs' }],
  }),
  image('registry', { title: 'the lab registry', needs: ['base', 'tool-registry', 'tool-crane'] }),
  image('builder', { title: 'the lab builder', needs: ['base', 'tool-buildkit'] }),
  image('link', { title: 'the link', needs: ['base', 'tool-cosign', 'tool-crane'] }),
  image('toolbox', {
    title: 'the toolbox',
    needs: ['base', 'javascript', 'tool-cosign', 'tool-crane', 'tool-kubernetes'],
    modules: ['src/terminal/pty-host/main.ts'],
  }),
  image('node', {
    title: 'the cluster node',
    needs: ['base', 'tool-kubernetes', 'tool-etcd', 'tool-coredns', 'tool-policy-controller'],
  }),
];

/** The build argument that carries the reference of a needed image: `tool-cosign` is `TOOL_COSIGN_IMAGE`. */
export function argumentOf(imageName: string): string {
  return `${imageName.replaceAll('-', '_').toUpperCase()}_IMAGE`;
}

/** The plan of that name. */
export function planOf(name: string): ImagePlan {
  const plan = imagePlans.find((candidate) => candidate.name === name);
  if (plan === undefined) throw new Error(`There is no image named ${name}.`);
  return plan;
}
