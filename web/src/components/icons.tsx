import type { ReactNode, SVGProps } from 'react';

/** Icons of our own: 16 × 16, one stroke, the colour of the text around them. Decorative unless given a title. */
export type IconProps = SVGProps<SVGSVGElement> & { size?: number };

function icon(paths: ReactNode) {
  return function Icon({ size = 16, ...props }: IconProps) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.4}
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
        style={{ flex: 'none' }}
        {...props}
      >
        {paths}
      </svg>
    );
  };
}

export const IconBoat = icon(<path d="M1.5 9h13l-1.9 4.2H3.8L1.5 9Zm3-.2V6h4v2.8M6.5 6V3M10.5 8.8V7h2.3" />);
export const IconRegistry = icon(<path d="M2.5 4.5 8 2l5.5 2.5L8 7 2.5 4.5Zm0 3.5L8 10.5 13.5 8m-11 3.5L8 14l5.5-2.5" />);
export const IconImage = icon(<path d="M2.5 5.2 8 2.2l5.5 3v5.6L8 13.8l-5.5-3V5.2Zm0 0L8 8.2m0 0 5.5-3M8 8.2v5.6" />);
export const IconActivity = icon(<path d="M1.5 8.5H4L6.2 3l3.3 10 2.1-4.5h2.9" />);
export const IconSettings = icon(
  <path d="M2 4.5h6.5m3 0H14M2 11.5h2.5m3 0H14M8.5 4.5a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0Zm-4 7a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0Z" />,
);
export const IconSearch = icon(<path d="M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9Zm3.3-1.2L14 14" />);
export const IconPlus = icon(<path d="M8 3v10M3 8h10" />);
export const IconCheck = icon(<path d="m3 8.5 3.3 3.3L13 4.8" />);
export const IconCross = icon(<path d="m4 4 8 8m0-8-8 8" />);
export const IconWarning = icon(<path d="M8 2.3 14.5 13.5h-13L8 2.3Zm0 4.4v3.2m0 1.9v.1" />);
export const IconInfo = icon(<path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Zm0-6.5v3.3M8 5.2v.1" />);
export const IconCopy = icon(<path d="M5.5 5.5h8v8h-8v-8Zm-3 5v-8h8" />);
export const IconChevronRight = icon(<path d="m6 3.5 4.5 4.5L6 12.5" />);
export const IconChevronDown = icon(<path d="M3.5 6 8 10.5 12.5 6" />);
export const IconArrowUp = icon(<path d="M8 13V3.5M4.5 7 8 3.5 11.5 7" />);
export const IconArrowDown = icon(<path d="M8 3v9.5M4.5 9 8 12.5 11.5 9" />);
export const IconBack = icon(<path d="M13 8H3.5M7 4.5 3.5 8 7 11.5" />);
export const IconExternal = icon(<path d="M9.5 2.5h4v4m0-4L7.5 8.5M11.5 9.5v4h-9v-9h4" />);
export const IconSun = icon(
  <path d="M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1.5v1.3m0 10.4v1.3M1.5 8h1.3m10.4 0h1.3M3.4 3.4l.9.9m7.4 7.4.9.9m0-9.2-.9.9m-7.4 7.4-.9.9" />,
);
export const IconMoon = icon(<path d="M13.5 9.5A5.8 5.8 0 0 1 6.5 2.5a5.8 5.8 0 1 0 7 7Z" />);
export const IconScreen = icon(<path d="M2 3h12v8H2V3Zm4 11h4m-2-3v3" />);
export const IconKey = icon(<path d="M10 9.5a3.5 3.5 0 1 0-3.3-2.3L2 12v2h2.5v-1.5H6V11l1.7-1.7A3.5 3.5 0 0 0 10 9.5Zm.8-4.2v.1" />);
export const IconLock = icon(<path d="M3.5 7h9v6.5h-9V7Zm2 0V5a2.5 2.5 0 0 1 5 0v2" />);
export const IconMore = icon(<path d="M3.5 8v.01M8 8v.01M12.5 8v.01" strokeWidth={2.2} />);
export const IconTrash = icon(<path d="M2.5 4.5h11M6 4.5v-2h4v2m-5.5 0 .6 9h5.8l.6-9M6.7 7v4m2.6-4v4" />);
export const IconPencil = icon(<path d="M10.5 3 13 5.5 5.5 13 2.5 13.5 3 10.5 10.5 3Z" />);
export const IconRefresh = icon(<path d="M13.2 6.5A5.5 5.5 0 0 0 3.4 5M2.8 9.5a5.5 5.5 0 0 0 9.8 1.5M3.2 2.3V5h2.7m6.9 8.7V11h-2.7" />);
export const IconPlay = icon(<path d="M5 3v10l8-5-8-5Z" />);
export const IconStar = icon(<path d="m8 2 1.8 3.8 4.2.5-3.1 2.8.9 4.1L8 11.2l-3.8 2 .9-4.1L2 6.3l4.2-.5L8 2Z" />);
export const IconTable = icon(<path d="M2 3.5h12v9H2v-9Zm0 3h12m-12 3h12M6 6.5v6" />);
export const IconCards = icon(<path d="M2.5 2.5h4.5V7H2.5V2.5Zm6.5 0h4.5V7H9V2.5ZM2.5 9h4.5v4.5H2.5V9ZM9 9h4.5v4.5H9V9Z" />);
export const IconUpload = icon(<path d="M8 10.5V3M4.8 6 8 2.8 11.2 6M2.5 10.5v3h11v-3" />);
export const IconDownload = icon(<path d="M8 3v7.5M4.8 7.7 8 10.9l3.2-3.2M2.5 10.5v3h11v-3" />);
export const IconUser = icon(<path d="M8 8a2.8 2.8 0 1 0 0-5.6A2.8 2.8 0 0 0 8 8Zm-5.5 5.8c.4-2.6 2.5-4 5.5-4s5.1 1.4 5.5 4" />);
export const IconProject = icon(<path d="M2 12.8V3.5h4.2l1.6 1.8H14v7.5H2Z" />);
export const IconTag = icon(<path d="M2.5 2.5h5.3l6 6-5.3 5.3-6-6V2.5ZM5.5 5.5v.01" />);
export const IconRepository = icon(<path d="M3 2.5h10v11H3v-11Zm2.5 0v11M8 5.5h2.5M8 8h2.5" />);
export const IconShield = icon(<path d="M8 1.8 13 3.5v4c0 3.2-2 5.5-5 6.7-3-1.2-5-3.5-5-6.7v-4L8 1.8Zm-2.3 6 1.7 1.7 3-3.2" />);
export const IconDocument = icon(<path d="M3.5 2h6l3 3v9h-9V2Zm6 0v3h3M6 8h4.5M6 10.8h4.5" />);
export const IconLink = icon(
  <path d="M6.8 9.2a2.7 2.7 0 0 0 3.8 0l2-2a2.7 2.7 0 0 0-3.8-3.8l-.8.8m1.2 2.6a2.7 2.7 0 0 0-3.8 0l-2 2a2.7 2.7 0 0 0 3.8 3.8l.8-.8" />,
);
export const IconKeyboard = icon(<path d="M1.5 4h13v8h-13V4Zm3 2.5v.01m2.3-.01v.01m2.4-.01v.01m2.3-.01v.01M5 9.5h6" />);
export const IconSignOut = icon(<path d="M6.5 2.5h-4v11h4M10 11l3-3-3-3m2.8 3H6" />);
export const IconMenu = icon(<path d="M2.5 4.5h11m-11 3.5h11m-11 3.5h11" />);
export const IconCompare = icon(<path d="M8 2v12M2.5 4.5h3v7h-3v-7Zm8 0h3v7h-3v-7Z" />);
export const IconChart = icon(<path d="M2.5 13.5h11M4.5 11V7m3.5 4V3m3.5 8V5.5" />);
export const IconPaste = icon(<path d="M5.5 3h-2v10.5h9V3h-2m-5-1h5v2.5h-5V2ZM6 8h4m-4 2.7h4" />);
export const IconDistribution = icon(<path d="M2 5.5h10M9 2.5l3 3-3 3M14 10.5H4m3-3-3 3 3 3" />);
export const IconArrowRight = icon(<path d="M3 8h9.5M9 4.5 12.5 8 9 11.5" />);
export const IconBell = icon(<path d="M4 11V7a4 4 0 0 1 8 0v4l1.3 1.5H2.7L4 11Zm2.7 1.7a1.4 1.4 0 0 0 2.6 0" />);
