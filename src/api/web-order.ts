import type { WebOrder } from '../controller/orders.ts';
import { RecorderError } from '../errors.ts';
import type { WebService, WebStartRequest } from './schema-web.ts';
import { storageOrderOf } from './storage-order.ts';

const LARGE_PIXELS = 1280 * 720;
const LARGE_KBPS = 2000;
const SMALL_KBPS = 1500;

/** What a start with mode web asks for, with all defaults resolved. Throws RecorderError for what cannot be done. */
export function webOrderOf(request: WebStartRequest): WebOrder {
  const param = serviceOf(request, 'web_recorder_service')?.serviceParam;
  if (param === undefined) throw nothingSelected(request);
  const { videoWidth: width, videoHeight: height } = param;
  return {
    mode: 'web',
    ...{ url: param.url, mobile: param.mobile, readyTimeoutS: param.readyTimeout },
    ...{ width, height, fps: param.videoFps },
    bitrateKbps: param.videoBitrate ?? (width * height >= LARGE_PIXELS ? LARGE_KBPS : SMALL_KBPS),
    audioProfile: param.audioProfile,
    onhold: param.onhold,
    maxRecordingHour: param.maxRecordingHour,
    mp4: request.recordingFileConfig?.avFileType.includes('mp4') ?? false,
    maxVideoDurationMin: param.maxVideoDuration,
    pushes: pushUrlsOf(serviceOf(request, 'rtmp_publish_service')?.serviceParam),
    storage: request.storageConfig === undefined ? null : storageOrderOf(request.storageConfig),
    prefix: request.storageConfig?.fileNamePrefix ?? [],
  };
}

function serviceOf<N extends WebService['serviceName']>(
  request: WebStartRequest,
  name: N,
): Extract<WebService, { serviceName: N }> | undefined {
  const services = request.extensionServiceConfig?.extensionServices ?? [];
  return services.find((service): service is Extract<WebService, { serviceName: N }> => service.serviceName === name);
}

function nothingSelected(request: WebStartRequest): RecorderError {
  const services = request.extensionServiceConfig?.extensionServices ?? [];
  const came = services.length === 0 ? 'none' : services.map(({ serviceName }) => serviceName).join(', ');
  return new RecorderError(
    'services_not_selected',
    `clientRequest.extensionServiceConfig.extensionServices: expected one with serviceName "web_recorder_service", got ${came}`,
  );
}

/** Addresses to push to, in the caller's order. */
export function pushUrlsOf(param: { readonly outputs: readonly { readonly rtmpUrl: string }[] } | undefined): string[] {
  return param?.outputs.map(({ rtmpUrl }) => rtmpUrl) ?? [];
}
