import { Title } from '@mantine/core';
import { Fragment, type ReactNode, useEffect } from 'react';
import { Link } from 'wouter';
import styles from './page.module.css';

export interface Crumb {
  label: string;
  href: string;
}

interface PageProps {
  title: string;
  /** Shown instead of the plain title, e.g. with a mark. */
  heading?: ReactNode;
  lead?: ReactNode;
  crumbs?: Crumb[];
  actions?: ReactNode;
  narrow?: boolean;
  children: ReactNode;
}

/** A page's frame: where it is, its name, what can be done here. */
export function Page({ title, heading, lead, crumbs = [], actions, narrow = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Tagboat`;
  }, [title]);
  return (
    <div className={narrow ? `${styles.page} ${styles.narrow}` : styles.page}>
      {crumbs.length > 0 && (
        <nav className={styles.crumbs} aria-label="Breadcrumb">
          {crumbs.map((crumb, index) => (
            <Fragment key={crumb.href}>
              {index > 0 && <span aria-hidden="true">/</span>}
              <Link href={crumb.href}>{crumb.label}</Link>
            </Fragment>
          ))}
        </nav>
      )}
      <header className={styles.head}>
        <div className={styles.title}>
          {lead}
          <Title order={1}>{heading ?? title}</Title>
        </div>
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}
