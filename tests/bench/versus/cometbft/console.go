// SPDX-License-Identifier: Apache-2.0

package versus

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// check ends the program at an error. Whoever measures notices.
func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "perf_comet:", err)
		os.Exit(1)
	}
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	check(err)
	return n
}

// converse answers each line of the input with a line, and ends with it.
func converse(answer func(words []string) string) {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		if words := strings.Fields(in.Text()); len(words) > 0 {
			fmt.Println(answer(words))
		}
	}
	os.Exit(0)
}

func unknown(words []string) string {
	return "no such command: " + strings.Join(words, " ")
}
