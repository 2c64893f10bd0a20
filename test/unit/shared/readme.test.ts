import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { configurationTable } from '../../../src/platform/server/config.ts';

const root = new URL('../../../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');

describe('the README', () => {
  it('links only to files that exist, so that both tours can be walked', () => {
    const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] ?? '').filter((link) => !link.startsWith('http'));
    assert.ok(links.length > 10, 'the tours are gone');
    for (const link of links) assert.ok(existsSync(fileURLToPath(new URL(link, root))), `${link} does not exist`);
  });

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { scripts: Record<string, string> };
    for (const [, name] of readme.matchAll(/npm run (?:-s )?([a-z-]+)/g))
      assert.ok(name !== undefined && name in scripts, `npm run ${name}`);
  });

  it('lists every setting with its default and meaning', () => {
    const cells = readme
      .split('\n')
      .filter((line) => line.startsWith('| `') && line.split('|').length === 5)
      .map((line) => line.split('|').map((cell) => cell.trim()));
    const listed = cells.map(([, name = '', fallback, meaning]) => ({ name: name.replaceAll('`', ''), default: fallback, meaning }));
    assert.deepEqual(listed, configurationTable);
  });
});
