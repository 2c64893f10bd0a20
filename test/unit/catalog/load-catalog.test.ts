import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadCatalog, type Catalog } from '../../../src/catalog/server/load-catalog.ts';
import { variablesIn, labVariables } from '../../../src/catalog/variables.ts';

const labs = resolve(import.meta.dirname, '../../../labs');
const lab = '11-supply-chain-security/sign-and-verify';
const cleanUp: string[] = [];

after(() => Promise.all(cleanUp.map((folder) => rm(folder, { recursive: true }))));

/** The catalogue of a copy of the labs after a change; inside the repository, so that imports of the lab kit resolve. */
async function loadChanged(change: (root: string) => Promise<unknown>): Promise<Catalog> {
  const root = await mkdtemp(resolve(import.meta.dirname, '.labs-'));
  cleanUp.push(root);
  await cp(labs, root, { recursive: true });
  await cp(join(root, lab), join(root, '11-supply-chain-security/twin'), { recursive: true });
  const twin = join(root, '11-supply-chain-security/twin/lab.ts');
  await writeFile(twin, (await readFile(twin, 'utf8')).replace("id: 'sign-and-verify'", "id: 'twin'"));
  await change(root);
  return loadCatalog(root);
}

describe('the catalogue', () => {
  let catalog: Catalog;
  before(async () => {
    catalog = await loadCatalog(labs);
  });

  it('loads every lab', () => {
    assert.deepEqual(catalog.problems, []);
    assert.ok(catalog.findLab('sign-and-verify'));
  });

  it('asks of a step only what it and the steps before it need', () => {
    const needs = catalog.findLab('sign-and-verify')?.steps.map((step) => step.needs);
    assert.deepEqual(needs?.[0], ['registry', 'builder']);
    assert.deepEqual(needs?.at(-1), ['registry', 'builder', 'sigstore', 'cluster']);
  });

  it('holds for every step two near-misses, three hints for each condition and no unknown variable', async () => {
    const known = Object.keys(labVariables({ sessionId: 'x', email: 'y' }));
    for (const { id, steps } of catalog.labs) {
      for (const step of steps) {
        assert.ok(step.nearMisses.length >= 2, `${id}/${step.id}`);
        assert.ok(step.checks.every(({ hints }) => hints.length === 3 && hints.every(Boolean)));
        const text = await readFile(join(labs, lab, step.id, 'step.mdx'), 'utf8');
        const texts = [text, step.solution, ...step.nearMisses.map(({ script }) => script), ...step.checks.flatMap(({ hints }) => hints)];
        for (const name of texts.flatMap(variablesIn)) assert.ok(known.includes(name), `${step.id} uses {{${name}}}`);
      }
    }
  });
});

describe('a broken lab', () => {
  const faults: Record<string, { file: string; change: (text: string) => string; message: RegExp }> = {
    'lab.ts that does not parse': { file: 'lab.ts', change: () => 'export const lab = {', message: /./ },
    'lab.ts with an unknown key': {
      file: 'lab.ts',
      change: (text) => text.replace('minutes: 30', 'minutes: 30, colour: "red"'),
      message: /colour/,
    },
    'lab.ts with a level that does not exist': {
      file: 'lab.ts',
      change: (text) => text.replace("'intermediate'", "'hard'"),
      message: /level/,
    },
    'a step without its folder': { file: 'lab.ts', change: (text) => text.replace("'02-sign'", "'02-missing'"), message: /02-missing/ },
    'checks.ts that throws': { file: '02-sign/checks.ts', change: () => 'throw new Error("no checks today");', message: /no checks today/ },
    'a step titled differently in its text': {
      file: '02-sign/step.mdx',
      change: (text) => text.replace('title: Sign', 'title: Seal'),
      message: /Seal/,
    },
    'a near-miss without its condition': {
      file: '02-sign/near-miss-sbom-only.sh',
      change: (text) => text.slice(text.indexOf('\n') + 1),
      message: /fails:/,
    },
    'a near-miss of an unknown condition': {
      file: '02-sign/near-miss-sbom-only.sh',
      change: (text) => text.replace('fails: signed', 'fails: sealed'),
      message: /sealed/,
    },
  };
  for (const [name, { file, change, message }] of Object.entries(faults)) {
    it(`with ${name} is named, and its twin is there`, async () => {
      const catalog = await loadChanged(async (root) => {
        const path = join(root, lab, file);
        await writeFile(path, change(await readFile(path, 'utf8')));
      });
      assert.deepEqual(
        catalog.problems.map(({ folder }) => folder),
        [lab],
      );
      assert.match(catalog.problems[0]?.message ?? '', message);
      assert.deepEqual(
        catalog.labs.map(({ id }) => id),
        ['twin'],
      );
    });
  }

  it('with an id that another lab has is named', async () => {
    const catalog = await loadChanged(async (root) => {
      const path = join(root, '11-supply-chain-security/twin/lab.ts');
      await writeFile(path, (await readFile(path, 'utf8')).replace("id: 'twin'", "id: 'sign-and-verify'"));
    });
    assert.deepEqual(
      catalog.labs.map(({ id }) => id),
      ['sign-and-verify'],
    );
    assert.match(catalog.problems[0]?.message ?? '', /two labs/);
  });
});
