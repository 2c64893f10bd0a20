/** Import rules, each a sentence. The compiler keeps neutral, browser and server apart; these rules say the rest. */
const only = (name, file, outside) => ({
  name,
  severity: 'error',
  from: { pathNot: [file, '^node_modules/', '^test/'] },
  to: { path: outside },
});

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { pathNot: '^node_modules/' } } },
    only(
      'only-docker-client-imports-dockerode',
      '^src/engine/server/(docker-client|docker-exec|container-options)\\.ts$',
      '^node_modules/(@types/)?dockerode/',
    ),
    only('only-sandbox-pty-imports-node-pty', '^src/terminal/pty-host/sandbox-pty\\.ts$', '^node_modules/node-pty/'),
    only('only-grading-checks-import-sigstore', '^src/grading/server/', '^node_modules/(sigstore|@sigstore/(verify|bundle|tuf))/'),
    only('only-store-imports-the-database', '^src/store/server/', '^node_modules/kysely/'),
    {
      name: 'labs-import-only-the-lab-kit',
      severity: 'error',
      from: { path: '^labs/' },
      to: { pathNot: ['^src/lab-kit/(define-lab|checks)\\.ts$', '^labs/'] },
    },
    {
      name: 'nothing-imports-the-server-or-pages',
      severity: 'error',
      from: { pathNot: ['^src/(pages|layouts|components)/', '^test/'] },
      to: { path: '^src/(server\\.ts|pages/|layouts/)' },
    },
    {
      name: 'browser-never-imports-server',
      severity: 'error',
      from: { path: '^src/(pages|layouts|components|[^/]+/browser)/' },
      to: { path: '^src/[^/]+/(server|container|pty-host)/' },
    },
    {
      name: 'server-never-imports-browser',
      severity: 'error',
      from: { path: '^src/[^/]+/(server|container|pty-host)/' },
      to: { path: '^src/[^/]+/browser/' },
    },
    {
      name: 'shared-imports-nothing',
      severity: 'error',
      from: { path: '^src/shared/' },
      to: { pathNot: '^(src/shared/|node:|node_modules/(pino|zod)/|[a-z_/]+$)' },
    },
    { name: 'platform-never-imports-tests', severity: 'error', from: { path: '^(src|labs)/' }, to: { path: '^test/' } },
    { name: 'no-unresolvable-imports', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^astro:' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    exclude: { path: '^(dist|\\.astro|sandbox)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
};
