import type { Follower } from '../controller/follower.ts';
import type { Uploader } from '../upload/uploader.ts';

/** Hands the files of recordings to the uploader as they become whole. */
export function uploadsFollower(uploader: Uploader): Follower {
  return {
    event: ({ sid }, event) => {
      if (event.name === 'file_ready') uploader.fileReady(sid, event.file);
    },
    ended: ({ sid }) => uploader.finish(sid),
  };
}
