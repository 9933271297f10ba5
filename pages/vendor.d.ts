/** What the service serves as `/pages/vendor/...`, for the type checker; by pattern, because it takes no absolute paths here. */
declare module '*/vendor/livekit-client.mjs' {
  export * from 'livekit-client';
}

declare module '*/vendor/agora-rtc-sdk.mjs' {
  import type { IAgoraRTC } from 'agora-rtc-sdk-ng';

  const AgoraRTC: IAgoraRTC;
  export default AgoraRTC;
}
