// Verifies a tlog-tiles directory with nothing but golang.org/x/mod: signed note, tiles, every record, two trees.
// Usage: verify DIRECTORY VKEY OLD_SIZE. Prints what it verified; exits 1 with the reason otherwise.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type folder string

func (f folder) Height() int { return 8 }

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func path(level string, n int64, width int) string {
	digits := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		digits = fmt.Sprintf("x%03d/%s", n%1000, digits)
	}
	if width < 256 {
		digits += fmt.Sprintf(".p/%d", width)
	}
	return filepath.Join("tile", level, digits)
}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		data, err := os.ReadFile(filepath.Join(string(f), path(strconv.Itoa(t.L), t.N, t.W)))
		if err != nil && t.W < 256 {
			data, err = os.ReadFile(filepath.Join(string(f), path(strconv.Itoa(t.L), t.N, 256)))
			if err == nil {
				data = data[:t.W*tlog.HashSize]
			}
		}
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (f folder) entries(size int64) ([][]byte, error) {
	var all [][]byte
	for n := int64(0); n*256 < size; n++ {
		width := 256
		if size-n*256 < 256 {
			width = int(size - n*256)
		}
		data, err := os.ReadFile(filepath.Join(string(f), path("entries", n, width)))
		if err != nil {
			return nil, err
		}
		for len(data) >= 2 {
			length := 2 + int(binary.BigEndian.Uint16(data))
			if length > len(data) {
				return nil, fmt.Errorf("bundle %d is cut off", n)
			}
			all = append(all, data[2:length])
			data = data[length:]
		}
	}
	if int64(len(all)) != size {
		return nil, fmt.Errorf("%d entries, the checkpoint says %d", len(all), size)
	}
	return all, nil
}

func verify(f folder, vkey string, old int64) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(string(f), "checkpoint"))
	if err != nil {
		return err
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return err
	}
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return err
	}
	raw, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil {
		return err
	}
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], raw)
	reader := tlog.TileHashReader(tree, f)
	entries, err := f.entries(size)
	if err != nil {
		return err
	}
	for n, entry := range entries {
		proof, err := tlog.ProveRecord(size, int64(n), reader)
		if err != nil {
			return fmt.Errorf("record %d: %w", n, err)
		}
		if err := tlog.CheckRecord(proof, size, tree.Hash, int64(n), tlog.RecordHash(entry)); err != nil {
			return fmt.Errorf("record %d: %w", n, err)
		}
	}
	before, err := tlog.TreeHash(old, reader)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(size, old, reader)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, size, tree.Hash, old, before); err != nil {
		return err
	}
	fmt.Printf("%s %d %s %s\n", lines[0], size, tree.Hash, before)
	return nil
}

func main() {
	old, err := strconv.ParseInt(os.Args[3], 10, 64)
	if err == nil {
		err = verify(folder(os.Args[1]), os.Args[2], old)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
