/** The two registries of the document that Tagboat was asked for from, exactly as they stand there. */
export const ecrOfTheDocument = `registries:
  - name: ECR
    api_url: https://000000000000.dkr.ecr.eu-west-1.amazonaws.com
    prefix: 000000000000.dkr.ecr.eu-west-1.amazonaws.com
    ping: yes
    insecure: false
    credentials: ext:/scripts/login.sh
    credsexpire: 10h
`;

export const ghcrOfTheDocument = `registries:
  - name: GitHub Container Registry
    api_url: https://ghcr.io

    prefix: ghcr.io

    ping: yes

    credentials: secret:argocd/ghcr-secret#token
`;

/** Twelve registries that use every key of Argo CD Image Updater. \`CA\` stands for a certificate, indented. */
export const twelveRegistries = `# every key, and values of every form
registries:
- name: Docker Hub
  api_url: https://registry-1.docker.io
  ping: yes
  credentials: secret:foo/bar#creds
  defaultns: library
  default: yes
- name: Google Container Registry
  api_url: https://gcr.io/
  prefix: gcr.io
  ping: no
  credentials: pullsecret:foo/bar
- name: RedHat Quay
  api_url: https://quay.io
  ping: no
  prefix: quay.io
  insecure: yes
  credentials: env:REGISTRY_SECRET
- name: GitHub Packages
  prefix: docker.pkg.github.com
  api_url: https://docker.pkg.github.com
  ping: off
  tagsortmode: latest-first
- name: ghcr-acme
  prefix: ghcr.io/acme
  api_url: https://ghcr.io
  credentials: ghcr.io=pullsecret:apps/ghcr-acme
  tagsortmode: latest-last
- name: ghcr-other
  prefix: ghcr.io/other
  api_url: https://ghcr.io
  credentials: 'secret:apps/ghcr-other#token'
  tagsortmode: none
- name: ECR
  api_url: https://000000000000.dkr.ecr.eu-west-1.amazonaws.com
  prefix: 000000000000.dkr.ecr.eu-west-1.amazonaws.com
  credentials: ext:/scripts/login.sh
  credsexpire: 1h30m
- name: own-authority
  api_url: https://registry.example.test
  prefix: registry.example.test
  ca_data: |
CA
  limit: 20
- name: authority-in-a-file
  api_url: https://files.example.test:8443
  prefix: files.example.test:8443
  ca_file: /etc/registries/company-ca.pem
  limit: 0
- name: plain
  api_url: http://plain.example.test:5000
  prefix: plain.example.test:5000
  defaultns: team
- name: namespaced
  api_url: https://harbor.example.test
  prefix: harbor.example.test
  defaultns: shop
  credsexpire: 0s
  default: false
  insecure: "off"
- name: nightly
  api_url: https://nightly.example.test
  prefix: nightly.example.test
  credentials: env:NIGHTLY
  credsexpire: 24h
  insecure: on
  limit: 5
  ping: true
`;
