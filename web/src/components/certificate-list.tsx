import type { CertificateInfo } from '../api/types.ts';
import { formatDate, formatSpan } from '../lib/format.ts';
import { useNow } from '../lib/use-now.ts';
import { Chip, row, Sheet } from './bits.tsx';
import { CopyText } from './copy.tsx';
import { IconShield } from './icons.tsx';

/** Certificates as a person checks them: whose, by whom, until when. */
export function CertificateList({ certificates, label }: { certificates: readonly CertificateInfo[]; label: string }) {
  const now = useNow();
  return (
    <ul aria-label={label} style={{ listStyle: 'none', margin: 0, padding: 0, display: 'grid', gap: 8 }}>
      {certificates.map((certificate) => (
        <li
          key={certificate.fingerprint}
          style={{ border: '1px solid var(--line)', borderRadius: 7, padding: '8px 12px', background: 'var(--surface)' }}
        >
          <div style={{ display: 'flex', gap: 8, alignItems: 'center', flexWrap: 'wrap', fontWeight: 550 }}>
            <IconShield />
            <span style={{ minWidth: 0 }}>{certificate.subject}</span>
            {certificate.isAuthority && <Chip>authority</Chip>}
            <Validity certificate={certificate} now={now} />
          </div>
          <div style={{ fontSize: '0.8125rem' }}>
            <Sheet
              stacked
              rows={[
                row('Issued by', certificate.issuer === certificate.subject ? 'itself (self-signed)' : certificate.issuer),
                row('Valid', `${formatDate(certificate.notBefore)} to ${formatDate(certificate.notAfter)}`),
                row('Names', certificate.names.length > 0 ? <span className="mono">{certificate.names.join(', ')}</span> : undefined),
                row(
                  'SHA-256',
                  <span className="mono" style={{ fontSize: '0.75rem' }}>
                    <CopyText value={certificate.fingerprint} label="Fingerprint" />
                  </span>,
                ),
              ]}
            />
          </div>
        </li>
      ))}
    </ul>
  );
}

function Validity({ certificate, now }: { certificate: CertificateInfo; now: number }) {
  const left = Date.parse(certificate.notAfter) - now;
  if (left <= 0) return <Chip kind="bad">expired {formatSpan(-left)} ago</Chip>;
  if (Date.parse(certificate.notBefore) > now) return <Chip kind="bad">not valid yet</Chip>;
  return <Chip kind={left < 21 * 86_400_000 ? 'warn' : 'plain'}>expires in {formatSpan(left)}</Chip>;
}
