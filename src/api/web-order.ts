import type { WebOrder } from '../controller/orders.ts';
import { RecorderError } from '../errors.ts';
import { notAvailable } from './call.ts';
import { vendorName } from './schema-storage.ts';
import type { StartRequest, WebParam, WebService } from './schema-web.ts';

const LARGE_PIXELS = 1280 * 720;
const LARGE_KBPS = 2000;
const SMALL_KBPS = 1500;

/** What a start with mode web asks for, with all defaults resolved. Throws RecorderError for what cannot be done. */
export function webOrderOf(request: StartRequest): WebOrder {
  const param = webParamOf(request);
  if (param === undefined) throw nothingSelected(request);
  if (serviceOf(request, 'rtmp_publish_service') !== undefined) throw pushNotAvailable('extensionServiceConfig');
  requireLocalFiles(request.storageConfig);
  const { videoWidth: width, videoHeight: height } = param;
  return {
    ...{ url: param.url, mobile: param.mobile, readyTimeoutS: param.readyTimeout },
    ...{ width, height, fps: param.videoFps },
    bitrateKbps: param.videoBitrate ?? (width * height >= LARGE_PIXELS ? LARGE_KBPS : SMALL_KBPS),
    audioProfile: param.audioProfile,
    onhold: param.onhold,
    maxRecordingHour: param.maxRecordingHour,
    mp4: request.recordingFileConfig?.avFileType.includes('mp4') ?? false,
    maxVideoDurationMin: param.maxVideoDuration,
    pushes: [],
    storage: null,
    prefix: request.storageConfig?.fileNamePrefix ?? [],
  };
}

/** Undefined when no page is to be recorded. */
export function webParamOf(request: StartRequest): WebParam | undefined {
  return serviceOf(request, 'web_recorder_service')?.serviceParam;
}

function serviceOf<N extends WebService['serviceName']>(
  request: StartRequest,
  name: N,
): Extract<WebService, { serviceName: N }> | undefined {
  const services = request.extensionServiceConfig?.extensionServices ?? [];
  return services.find((service): service is Extract<WebService, { serviceName: N }> => service.serviceName === name);
}

function nothingSelected(request: StartRequest): RecorderError {
  const services = request.extensionServiceConfig?.extensionServices ?? [];
  const came = services.length === 0 ? 'none' : services.map(({ serviceName }) => serviceName).join(', ');
  return new RecorderError(
    'services_not_selected',
    `clientRequest.extensionServiceConfig.extensionServices: expected one with serviceName "web_recorder_service", got ${came}`,
  );
}

export function pushNotAvailable(field: string): RecorderError {
  return notAvailable(field, 'pushing to RTMP is not available yet; leave it out, and the page is recorded to files');
}

/** Files stay on this machine until a cloud storage can be written to. */
export function requireLocalFiles(storage: StartRequest['storageConfig']): void {
  if (storage === undefined) return;
  throw notAvailable(
    'storageConfig',
    `uploading to vendor ${vendorName(storage.vendor)} is not available yet; leave storageConfig out, and the files are kept below the data folder`,
  );
}
