import { defineChecks, image } from '#lab-kit/checks';

const app = '{{registry}}/shop/app:v1';

export const checks = defineChecks([
  {
    id: 'pushed',
    title: 'shop/app:v1 is in the registry',
    hints: [
      'Compare the name that you gave to -t with the one that is asked for.',
      'A build keeps its result in the builder until you tell it to push. The name says where to: registry, repository, tag.',
      'Run: docker build -t registry.lab/shop/app:v1 --push ~/lab/app',
    ],
    check: image.exists(app),
  },
  {
    id: 'built-from-source',
    title: 'It was built from your source in ~/lab/app',
    after: ['pushed'],
    hints: [
      'Look at where the image behind the tag came from.',
      'An image that was copied, or built from another folder, lacks the page of this session.',
      'Run: docker build -t registry.lab/shop/app:v1 --push ~/lab/app',
    ],
    check: image.builtFrom(app, {
      base: '{{registry}}/base/busybox:1.37',
      file: { path: '/www/index.html', contains: 'Build {{session.id}}' },
    }),
  },
]);
