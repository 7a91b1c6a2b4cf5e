/** Settings of `tagboat-kubelet-credential-provider` on a node: where the hub is, and where the token lies. */
export function kubeletSettings(hub: string): string {
  return `${JSON.stringify({ hub, tokenFile: '/etc/tagboat/token' }, null, 2)}\n`;
}

/**
 * Configuration of the kubelet (kubelet.config.k8s.io/v1, CredentialProviderConfig) that has Tagboat asked for one registry.
 * A text in double quotes is the same in YAML as in JSON.
 */
export function kubeletConfig(prefix: string): string {
  return `apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
  - name: tagboat-kubelet-credential-provider
    apiVersion: credentialprovider.kubelet.k8s.io/v1
    matchImages:
      - ${JSON.stringify(prefix)}
    defaultCacheDuration: 5m
`;
}
