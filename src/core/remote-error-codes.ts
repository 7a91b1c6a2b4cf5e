/** What people and programs are told of an error code, beyond the message of the one error. */
export interface ErrorCodeEntry {
  /** A few words that name the error, without a full stop. */
  title: string;
  /** What to do next, in a sentence or two. */
  help: string;
  /** Status of the HTTP answer that carries it. */
  http: number;
}

/** The part of `errorCodes` that tells of registries, of the way to them, and of what the doctor finds there. */
export const remoteErrorCodes = {
  // What the registry answered
  registry_unauthorized: {
    title: 'The registry asks for a sign-in',
    help: 'Enter a user name and password, or correct those entered.',
    http: 502,
  },
  registry_denied: {
    title: 'The registry does not allow it',
    help: 'The credential is accepted but lacks permission: grant it at the registry.',
    http: 502,
  },
  registry_not_found: {
    title: 'The registry does not have it',
    help: 'Check repository and tag; many registries also say this when permission is missing.',
    http: 502,
  },
  registry_rate_limited: {
    title: 'The registry limits requests',
    help: 'Wait, sign in for a higher limit, or lower the requests per second of this registry.',
    http: 502,
  },
  quota_reserved: {
    title: 'The source’s quota is down to what is kept in reserve',
    help: 'Start again when the registry has renewed the quota: what has arrived is not fetched twice. Or sign in at the source with an account that has a higher one, or lower the reserve.',
    http: 502,
  },
  registry_unavailable: {
    title: 'The registry has a problem',
    help: 'Try again later; look at the status page of the registry.',
    http: 502,
  },
  registry_unexpected_status: {
    title: 'The registry gave an unexpected answer',
    help: 'What it says stands in the message. If it says nothing, check that the URL is that of a container registry.',
    http: 502,
  },
  registry_full: {
    title: 'The registry has no room',
    help: 'Free space at the registry, or raise the quota of the project there; then run it again: what has arrived is not sent twice.',
    http: 502,
  },
  tag_immutable: {
    title: 'The tag cannot be changed',
    help: 'Choose another tag, or let the registry change this one: its rules for immutable tags say which stay as they are.',
    http: 502,
  },
  upload_lost: {
    title: 'The registry loses uploads',
    help: 'Run it again. If it stays: several processes behind one address need the same storage and the same secret (`http.secret` of docker-registry).',
    http: 502,
  },
  source_incomplete: {
    title: 'The image is not whole where it is copied from',
    help: 'A part that its manifest names is not there: push or copy the image to its source again. Nothing was tagged at the destination.',
    http: 502,
  },
  disk_full: {
    title: 'There is no room on the disk',
    help: 'Free space, or name another place; then run it again: what has arrived stays and is not fetched twice.',
    http: 502,
  },
  invalid_content: {
    title: 'A layout or archive is not what it should be',
    help: 'Check that the file or folder is whole, and that it holds images: as docker save, skopeo or tagboat write them.',
    http: 502,
  },
  file_refused: {
    title: 'A file cannot be read or written',
    help: 'Check the path and its permissions.',
    http: 502,
  },
  upload_location_denied: {
    title: 'The registry sends an upload elsewhere',
    help: 'Check what the registry takes for its own address (`http.host`, X-Forwarded headers of the proxy before it).',
    http: 502,
  },
  not_a_registry: {
    title: 'There is no container registry at this address',
    help: 'Check host, port and path: an HTML page or something else answered.',
    http: 502,
  },
  invalid_answer: {
    title: 'The registry gave an unusable answer',
    help: 'The answer has the wrong type, shape or size. Check the URL and what stands in between.',
    http: 502,
  },
  pagination_denied: {
    title: 'The listing continues on another host',
    help: 'The registry is set up wrongly behind its proxy: its Link headers name a foreign host.',
    http: 502,
  },
  pagination_endless: {
    title: 'The listing does not end',
    help: 'The registry repeats its pages: report it to its maintainers.',
    http: 502,
  },
  deletion_disabled: {
    title: 'The registry does not delete',
    help: 'Have deletion turned on there (docker-registry: `REGISTRY_STORAGE_DELETE_ENABLED=true`, then restart it), or delete in its own interface.',
    http: 502,
  },
  schema1_unsupported: { title: 'The image is in a format retired in 2017', help: 'Push the image again with a current tool.', http: 502 },
  integrity: {
    title: 'Content does not match its digest',
    help: 'Nothing was taken over. Try again; if it stays, have somebody look at the registry that the content comes from, and at what stands in between.',
    http: 502,
  },

  // On the way to the registry
  dns_not_found: {
    title: 'The host name does not exist',
    help: 'Check the spelling of the host, and that the resolver of the hub knows the name.',
    http: 504,
  },
  dns_failed: {
    title: 'The host name could not be resolved',
    help: 'The resolver of the hub did not answer: check its network and DNS settings.',
    http: 504,
  },
  connection_refused: {
    title: 'Connection refused',
    help: 'Nothing listens there: check host and port, and that the registry runs.',
    http: 504,
  },
  connection_reset: {
    title: 'Connection reset',
    help: 'The other side hung up: try again; look for a firewall or a proxy in between.',
    http: 504,
  },
  network_unreachable: {
    title: 'The network cannot be reached',
    help: 'The hub has no route to that address: check its network and firewall.',
    http: 504,
  },
  connect_timeout: { title: 'No connection in time', help: 'A firewall may drop the packets: check host, port and network.', http: 504 },
  response_timeout: {
    title: 'No answer in time',
    help: 'The registry accepted the connection but did not answer: try again later.',
    http: 504,
  },
  body_timeout: { title: 'The answer stopped half-way', help: 'Try again; look for a slow proxy in between.', http: 504 },
  total_timeout: { title: 'It took too long', help: 'Try again later, or when the registry is faster.', http: 504 },
  tls_unknown_authority: {
    title: 'The certificate is from an unknown authority',
    help: 'Add the CA certificate of the registry, after checking its fingerprint.',
    http: 504,
  },
  tls_self_signed: {
    title: 'The certificate is self-signed',
    help: 'Add the certificate as CA, after checking its fingerprint.',
    http: 504,
  },
  tls_name_mismatch: {
    title: 'The certificate is for another host',
    help: 'Use the host name that the certificate names, or have the certificate replaced.',
    http: 504,
  },
  tls_certificate_expired: {
    title: 'The certificate has expired',
    help: 'Have it renewed. If it is not expired, the clock of the hub is wrong.',
    http: 504,
  },
  tls_certificate_not_yet_valid: {
    title: 'The certificate is not valid yet',
    help: 'The clock of the hub or of the registry is probably wrong.',
    http: 504,
  },
  tls_handshake_failed: {
    title: 'The TLS handshake failed',
    help: 'Look at the cause: protocol versions may not match, or a client certificate may be asked for.',
    http: 504,
  },
  tls_settings_invalid: {
    title: 'The certificate or key cannot be used',
    help: 'Paste PEM: certificates and, for a client certificate, the private key that belongs to it.',
    http: 422,
  },
  plain_http_on_https_port: {
    title: 'The server speaks plain HTTP',
    help: 'Choose plain HTTP for this registry, or use its HTTPS port.',
    http: 504,
  },
  https_on_plain_http_port: { title: 'The server wants HTTPS', help: 'Use https:// for this registry.', http: 504 },
  proxy_refused: { title: 'The proxy refused', help: 'Check the address of the proxy and whether it allows this host.', http: 504 },
  proxy_unauthorized: { title: 'The proxy asks for a sign-in', help: 'Enter user name and password of the proxy.', http: 504 },
  address_denied: {
    title: 'The address is not allowed',
    help: 'The policy of the hub forbids this address (metadata, link-local or private).',
    http: 504,
  },
  redirect_loop: { title: 'Redirected in circles', help: 'The registry or its proxy is set up wrongly; check the URL.', http: 504 },
  redirect_denied: {
    title: 'Redirected to where we do not follow',
    help: 'The redirect leads from https to http or to a forbidden address.',
    http: 504,
  },

  // What the doctor finds beside the errors above
  provider_mismatch: {
    title: 'The address is one of another provider',
    help: 'Choose the provider that the address belongs to, or correct the address.',
    http: 422,
  },
  tls_client_certificate_required: {
    title: 'The server asks who is connecting',
    help: 'Give a client certificate and its key under the advanced settings.',
    http: 504,
  },
  clock_skew: { title: 'Two clocks differ', help: 'Set the clocks of the hub and of the registry by NTP.', http: 504 },
  tls_certificate_expiring: {
    title: 'The certificate ends soon',
    help: 'Have it renewed in time, or every client of the registry fails.',
    http: 504,
  },
  challenge_missing: {
    title: 'The registry does not say how to sign in',
    help: 'A proxy in front of the registry probably removes the WWW-Authenticate header.',
    http: 502,
  },
  challenge_unsupported: {
    title: 'An unknown way of signing in',
    help: 'Registries are signed in to by Basic or Bearer; something in front of it may have its own sign-in.',
    http: 502,
  },
  password_rejected: {
    title: 'The password was rejected',
    help: 'Check user name and password or token, and whether the token has ended.',
    http: 424,
  },
  permission_missing: {
    title: 'The sign-in is accepted, the permission is missing',
    help: 'Grant the user or token permission to read at the registry.',
    http: 502,
  },
  repository_not_found: {
    title: 'The repository does not exist',
    help: 'Check its whole name; many registries say this as well when permission is missing.',
    http: 502,
  },
  namespace_not_found: {
    title: 'Nothing in this namespace',
    help: 'Check the spelling of the namespace, organisation or project.',
    http: 502,
  },
  catalog_closed: {
    title: 'The list of repositories is closed',
    help: 'Name a repository to test with, or pin the repositories that matter.',
    http: 502,
  },
  credential_untested: { title: 'Nobody asked for the password', help: 'Name a private repository to test the sign-in with.', http: 502 },
  push_denied: {
    title: 'Pushing is not allowed',
    help: 'Grant the user or token permission to push, if builds are to use this registry.',
    http: 502,
  },
  quota_exhausted: {
    title: 'The quota is used up',
    help: 'Wait until it is renewed, or sign in with an account that has a higher one.',
    http: 502,
  },
} as const satisfies Readonly<Record<string, ErrorCodeEntry>>;
