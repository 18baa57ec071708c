package mutate

import (
	"crypto/sha256"

	"github.com/klauspost/compress/zstd"
)

// armourSize is what stands behind the frame of a blob: magic, length, digest.
const armourSize = 8 + sha256.Size

// frameOf is a blob's file without its armour.
func frameOf(file []byte) []byte { return file[:len(file)-armourSize] }

// rearmoured puts the right armour on frames.
func rearmoured(frames []byte) []byte {
	sum := sha256.Sum256(frames)
	return append(append(frames[:len(frames):len(frames)], 0x50, 0x2a, 0x4d, 0x18, sha256.Size, 0, 0, 0), sum[:]...)
}

// packed is the file of a blob with any content.
func packed(content []byte) []byte {
	// NewWriter fails only on bad options; there are none.
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		panic("mutate: " + err.Error())
	}
	return rearmoured(encoder.EncodeAll(content, nil))
}
