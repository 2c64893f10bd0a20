import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import tar from 'tar-stream';
import type { FileRead } from '../../../src/engine/server/tar-files.ts';
import type { Finding } from '../../../src/grading/check.ts';
import type { Check, CheckContext } from '../../../src/grading/server/check-context.ts';
import { outcomeOf } from '../../../src/grading/server/checks/admission.ts';
import { answers, json, matches } from '../../../src/grading/server/checks/file.ts';
import { parseImageReference } from '../../../src/grading/server/image-reference.ts';
import { readFileOfLayers } from '../../../src/grading/server/layer-file.ts';
import { tilePath } from '../../../src/grading/server/log-reader.ts';
import type { RegistryReader } from '../../../src/grading/server/registry-reader.ts';
import { defineChecks } from '../../../src/lab-kit/checks.ts';

/** What a check says about a file of the learner. */
function look(check: Check, file: FileRead | string): Promise<Finding> {
  const read = typeof file === 'string' ? { kind: 'file' as const, contents: Buffer.from(file) } : file;
  const context = { sandbox: { readFile: () => Promise.resolve(read) }, resolve: (text: string) => text.replace('{{who}}', 'ada') };
  return check(context as unknown as CheckContext);
}

describe('an answer in a file', () => {
  const check = answers('answers.yaml', { key: 'index', is: '41', described: 'a number' });

  for (const right of ['index: 41', 'index: "41"', 'other: x\nindex: 41 # found\n', "index: ' 41 '"]) {
    it(`is right: ${JSON.stringify(right)}`, async () => assert.equal((await look(check, right)).passed, true));
  }

  for (const wrong of [
    'index: 42',
    'index:',
    '',
    'index: [41]',
    'index: {a: 41}',
    '- 41',
    '41',
    '{{{',
    'index: 41\nindex: 41',
    `a: &a [x]\nindex: *a`,
  ]) {
    it(`is wrong, and not told: ${JSON.stringify(wrong)}`, async () => {
      const finding = await look(check, wrong);
      assert.ok(!finding.passed && !finding.expected.includes('41'));
    });
  }

  it('does not unfold a bomb of aliases', async () => {
    const bomb = [
      'a0: &a0 [x,x,x,x,x,x,x,x,x]',
      ...Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(',')}]`),
    ].join('\n');
    const startedAt = performance.now();
    assert.equal((await look(check, `${bomb}\nindex: 41`)).passed, false);
    assert.ok(performance.now() - startedAt < 1000);
  });

  it('compares with variables and with what is looked up', async () => {
    assert.equal((await look(answers('a', { key: 'who', is: '{{who}}', described: 'x' }), 'who: ADA')).passed, true);
    assert.equal((await look(answers('a', { key: 'n', is: () => Promise.resolve('7'), described: 'x' }), 'n: 7')).passed, true);
    assert.equal((await look(answers('a', { key: 'n', is: () => Promise.resolve(undefined), described: 'x' }), 'n: 7')).passed, false);
  });

  const unreadable: FileRead[] = [{ kind: 'missing' }, { kind: 'not-a-file' }, { kind: 'too-large', bytes: 1e9 }];
  for (const read of unreadable) {
    it(`says so when the file is ${read.kind}`, async () => assert.equal((await look(check, read)).passed, false));
  }
});

describe('other files', () => {
  it('match a pattern', async () => {
    assert.equal((await look(matches('f', { pattern: /^FROM/m, described: 'x' }), 'a\nFROM b')).passed, true);
    assert.equal((await look(matches('f', { pattern: /^FROM/m, described: 'x' }), 'a')).passed, false);
  });

  it('hold a JSON value', async () => {
    const check = json('f', { field: ['a', 'b'], equals: '{{who}}' });
    assert.equal((await look(check, '{"a":{"b":"ada"}}')).passed, true);
    for (const wrong of ['{"a":{"b":"eve"}}', '{"a":null}', '{}', 'x', '[]', '{"a":{"b":{"c":1}}}'])
      assert.equal((await look(check, wrong)).passed, false, wrong);
  });
});

describe('what a cluster says about a probe', () => {
  const denial = (text: string): string => `admission webhook "policy.sigstore.dev" denied the request: validation failed: ${text}`;
  const cases = {
    admitted: { kind: 'admitted', warnings: [] },
    'admitted ': { kind: 'admitted', warnings: ['would violate PodSecurity "restricted"'] },
    warned: { kind: 'admitted', warnings: ['failed policy: signed-by-us: spec.containers[0].image'] },
    'no-policy': { kind: 'denied', message: denial('no matching policies: spec.containers[0].image') },
    refused: { kind: 'denied', message: denial('failed policy: signed-by-us: spec.containers[0].image') },
    'refused-otherwise': { kind: 'denied', message: 'pods "probe-x" is forbidden: violates PodSecurity "baseline:latest"' },
    'refused-otherwise ': { kind: 'denied', message: denial('must be an image digest: spec.containers[0].image') },
  } as const;
  for (const [outcome, answer] of Object.entries(cases)) {
    it(`${JSON.stringify(answer).slice(0, 70)} is ${outcome.trim()}`, () => assert.equal(outcomeOf(answer), outcome.trim()));
  }
});

describe('a file of an image', () => {
  const type = 'application/vnd.oci.image.layer.v1.tar';

  async function layer(files: Record<string, string>): Promise<Buffer> {
    const pack = tar.pack();
    for (const [name, contents] of Object.entries(files)) pack.entry({ name }, contents);
    pack.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of pack as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  function read(layers: readonly { bytes: Buffer; mediaType: string }[], path: string): ReturnType<typeof readFileOfLayers> {
    const registry = {
      blob: (_repository: string, digest: string) => Promise.resolve({ kind: 'found', value: layers[Number(digest)]?.bytes }),
    };
    const descriptors = layers.map(({ mediaType }, index) => ({ mediaType, digest: String(index), size: 0 }));
    return readFileOfLayers({ registry: registry as unknown as RegistryReader, repository: 'r' }, descriptors, path);
  }

  it('comes from the topmost layer that has it, packed or not', async () => {
    const layers = [
      { bytes: await layer({ './www/index.html': 'old' }), mediaType: type },
      { bytes: gzipSync(await layer({ 'www/index.html': 'new' })), mediaType: `${type}+gzip` },
      { bytes: await layer({ other: 'x' }), mediaType: type },
    ];
    assert.deepEqual(await read(layers, '/www/index.html'), { kind: 'found', value: 'new' });
    assert.deepEqual(await read(layers, '/none'), { kind: 'missing' });
  });

  it('is not looked for in a bomb', async () => {
    const startedAt = performance.now();
    const bomb = gzipSync(await layer({ big: '\0'.repeat(256 * 1024 * 1024) }));
    assert.ok(bomb.length < 1024 * 1024);
    assert.equal((await read([{ bytes: bomb, mediaType: `${type}+gzip` }], '/www/index.html')).kind, 'unusable');
    assert.ok(performance.now() - startedAt < 20_000);
  });

  for (const [name, bytes] of Object.entries({
    garbage: Buffer.from('garbage'),
    'a cut layer': gzipSync(Buffer.alloc(4096)).subarray(0, 20),
  })) {
    it(`is not found in ${name}`, async () => assert.notEqual((await read([{ bytes, mediaType: `${type}+gzip` }], '/x')).kind, 'found'));
  }
});

describe('small parts', () => {
  it('image references are taken apart', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    assert.deepEqual(parseImageReference('registry.lab/shop/app:v1'), { host: 'registry.lab', repository: 'shop/app', reference: 'v1' });
    assert.deepEqual(parseImageReference(`registry.lab/shop/app:v1@${digest}`), {
      host: 'registry.lab',
      repository: 'shop/app',
      reference: digest,
    });
    assert.equal(parseImageReference('registry.lab/app')?.reference, 'latest');
    for (const bad of ['', 'app', 'registry.lab/', 'registry.lab/../x', 'registry.lab/a b', 'registry.lab/App', `registry.lab/a@sha256:12`])
      assert.equal(parseImageReference(bad), undefined, bad);
  });

  it('tile paths are those of tlog-tiles', () => {
    assert.deepEqual([0, 5, 999, 1000, 1_234_067].map(tilePath), ['000', '005', '999', 'x001/000', 'x001/x234/067']);
  });

  it('conditions are refused when defined twice or in the wrong order', () => {
    const spec = { id: 'a', title: 'A', hints: ['1', '2', '3'] as const, check: () => Promise.resolve({ passed: true as const }) };
    assert.throws(() => defineChecks([spec, spec]), /twice/);
    assert.throws(
      () =>
        defineChecks([
          { ...spec, after: ['b'] },
          { ...spec, id: 'b' },
        ]),
      /before/,
    );
  });
});
